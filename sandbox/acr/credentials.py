"""The admin user of a registry: one name, two passwords, there only while ``adminUserEnabled`` is on."""

import secrets
from dataclasses import dataclass

from sandbox.store import Document
from sandbox.world import World


@dataclass(frozen=True)
class Admin:
    """The admin user may do everything in its registry."""

    user: str
    passwords: tuple[str, str]


def admin(world: World, registry: Document) -> Admin | None:
    """The registry's admin user; its passwords are made at first use. None where it is not enabled."""
    if not registry["properties"].get("adminUserEnabled"):
        return None
    table = world.store.table("acr_secrets", quiet=True)
    key = f"admin/{registry['name'].lower()}"
    if key not in table:
        table[key] = {"passwords": [secrets.token_urlsafe(32), secrets.token_urlsafe(32)]}
    first, second = table[key]["passwords"]
    return Admin(registry["name"], (first, second))


def forget(world: World, registry: str) -> None:
    world.store.table("acr_secrets", quiet=True).pop(f"admin/{registry.lower()}", None)


def renew(world: World, registry: str, place: int, password: str) -> None:
    """Replace the first (``place`` 0) or second (1) password."""
    table = world.store.table("acr_secrets", quiet=True)
    key = f"admin/{registry.lower()}"
    passwords = list(table[key]["passwords"])
    passwords[place] = password
    table[key] = {"passwords": passwords}
