"""Where a host name of the lab is served, and whose signature its certificate has to bear."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools import sandbox

if TYPE_CHECKING:
    from engine.lab import Lab

#: Let's Encrypt's staging roots. No system trusts them.
STAGING_ROOTS = Path("config/letsencrypt-staging.pem")


@dataclass(frozen=True)
class Entrance:
    """
    address  where to connect; None: wherever the name resolves to
    roots    a file of root certificates (PEM); None: the public ones
    """

    host: str
    port: int = 443
    address: str | None = None
    roots: Path | None = None

    @property
    def url(self) -> str:
        return f"https://{self.host}" if self.port == 443 else f"https://{self.host}:{self.port}"


def of(lab: "Lab") -> Entrance:
    """The application's entrance. Raises NotYet where there is none."""
    host, issuer = lab.settings.host, lab.settings.certmanager.issuer
    if lab.settings.sandbox:
        return Entrance(host, sandbox.ingress_port(lab), "127.0.0.1", sandbox.roots(lab, issuer))
    roots = lab.project / STAGING_ROOTS if issuer == "staging" else None
    if given := lab.settings.entrance:
        address, _, port = given.address.rpartition(":")
        return Entrance(host, int(port), address, given.roots or roots)
    return Entrance(host, roots=roots)
