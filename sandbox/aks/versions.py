"""Kubernetes versions that AKS offers, as of AKS's release notes of July 2026: patches, support, upgrades."""

from dataclasses import dataclass

from sandbox.store import Document


@dataclass(frozen=True)
class Minor:
    """``patches`` from oldest to newest; ``official`` is False once only long-term support is left."""

    name: str
    patches: tuple[str, ...]
    official: bool = True
    default: bool = False


MINORS = {
    minor.name: minor
    for minor in (
        Minor("1.33", ("1.33.11", "1.33.12"), official=False),
        Minor("1.34", ("1.34.8", "1.34.9")),
        Minor("1.35", ("1.35.5", "1.35.6"), default=True),
        Minor("1.36", ("1.36.1", "1.36.2")),
    )
}
DEFAULT = next(minor.name for minor in MINORS.values() if minor.default)
LONG_TERM = "AKSLongTermSupport"


def patch_of(version: str) -> str | None:
    """The full version that ``1.35`` (its newest patch) or ``1.35.5`` means; None when it is not offered."""
    minor = MINORS.get(".".join(version.split(".")[:2]))
    if minor is None or version.count(".") > 2:
        return None
    if version == minor.name:
        return minor.patches[-1]
    return version if version in minor.patches else None


def minor_of(version: str) -> Minor:
    return MINORS[".".join(version.split(".")[:2])]


def number(version: str) -> tuple[int, ...]:
    """For comparing: 1.9 is older than 1.10."""
    return tuple(int(part) for part in version.split("."))


def upgrades_from(patch: str) -> list[str]:
    """Newer patches of the same minor version and those of the next one: none may be skipped."""
    major, minor, _ = number(patch)
    reachable = [MINORS.get(f"{major}.{minor + step}") for step in (0, 1)]
    return [other for found in reachable if found for other in found.patches if number(other) > number(patch)]


def document() -> Document:
    """What ``GET …/locations/L/kubernetesVersions`` answers."""
    return {
        "values": [
            {
                "version": minor.name,
                "capabilities": {"supportPlan": ["KubernetesOfficial", LONG_TERM] if minor.official else [LONG_TERM]},
                "patchVersions": {patch: {"upgrades": upgrades_from(patch)} for patch in minor.patches},
                **({"isDefault": True} if minor.default else {}),
            }
            for minor in reversed(MINORS.values())
        ]
    }
