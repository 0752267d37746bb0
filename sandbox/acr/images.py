"""Images as a node's container runtime pulls them, with the refusals that containerd words."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.acr import lookup, references, tokens
from sandbox.acr.contents import Contents
from sandbox.entra import principals
from sandbox.store import Document
from sandbox.world import World

#: Registries of the internet: their images can be pulled, but have no content in the sandbox.
PUBLIC = frozenset(
    {"docker.io", "registry.k8s.io", "quay.io", "mcr.microsoft.com", "ghcr.io", "gcr.io", "public.ecr.aws",
     "k8s.gcr.io", "registry.hub.docker.com", "index.docker.io"}
)  # fmt: skip


class PullRefused(Exception):
    """The registry does not let the node pull; the message is containerd's."""


class ImageNotFound(Exception):
    """There is no such image; the message is containerd's."""


@dataclass(frozen=True)
class Image:
    """``reference`` is the full name, ``digest`` empty for a public image. ``context`` is the folder that it was
    built from and ``root`` the folder of its own files, both None where it was not built in the sandbox."""

    reference: str
    digest: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    workdir: str = "/"
    ports: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    context: Path | None = None
    root: Path | None = None


def pull(world: World, principal_id: str, reference: str) -> Image:
    """The image, as the kubelet identity ``principal_id`` gets it. Raises PullRefused and ImageNotFound; the texts
    start as containerd's do: ``failed to pull and unpack image "...": failed to resolve reference ...``."""
    try:
        wanted = references.parse(reference)
    except references.InvalidReference as error:
        raise ImageNotFound(f'failed to parse reference "{reference}": invalid reference format') from error
    if wanted.host in PUBLIC:
        return Image(str(wanted))
    context = f'failed to pull and unpack image "{wanted}": failed to resolve reference "{wanted}": '
    registry = lookup.by_host(world, wanted.host)
    if registry is None:
        host = wanted.host.partition(":")[0]
        raise ImageNotFound(
            f'{context}failed to do request: Head "https://{wanted.host}/v2/{wanted.repository}/manifests/'
            f'{wanted.wanted}": dial tcp: lookup {host}: no such host'
        )
    document = principals.get(world, principal_id)
    principal = principals.principal_of(document) if document else None
    if not tokens.may(world, registry, principal, "pull"):
        raise PullRefused(
            f"{context}failed to authorize: failed to fetch anonymous token: unexpected status from GET request to "
            f"https://{wanted.host}/oauth2/token?scope=repository%3A{wanted.repository.replace('/', '%2F')}%3Apull"
            f"&service={wanted.host}: 401 Unauthorized"
        )
    contents = Contents(world, registry["name"])
    manifest = contents.manifest(wanted.repository, wanted.wanted)
    if manifest is None:
        raise ImageNotFound(f"{context}{wanted}: not found")
    return described(contents, str(wanted), manifest)


def held(world: World, reference: str) -> Image | None:
    """An image that a node has pulled before, whoever may pull it now; None where the registry has lost it."""
    wanted = references.parse(reference)
    registry = lookup.by_host(world, wanted.host)
    contents = Contents(world, registry["name"]) if registry else None
    manifest = contents.manifest(wanted.repository, wanted.wanted) if contents else None
    return described(contents, str(wanted), manifest) if contents and manifest else None


def described(contents: Contents, reference: str, manifest: Document) -> Image:
    """An image of a registry with its configuration."""
    digest = manifest["digest"]
    config = json.loads(contents.content(json.loads(contents.content(digest))["config"]["digest"])).get("config") or {}
    folder = contents.image_folder(digest)
    return Image(
        reference=reference,
        digest=digest,
        entrypoint=tuple(config.get("Entrypoint") or ()),
        command=tuple(config.get("Cmd") or ()),
        env=dict(pair.split("=", 1) for pair in config.get("Env") or ()),
        user=config.get("User", ""),
        workdir=config.get("WorkingDir") or "/",
        ports=tuple(config.get("ExposedPorts") or ()),
        labels=config.get("Labels") or {},
        context=folder / "context" if folder.is_dir() else None,
        root=folder / "root" if folder.is_dir() else None,
    )
