"""The certificate that the ingress shows: the one in the Secret of the Ingress whose host the client asks for."""

import base64
import hashlib
import ssl
from typing import TYPE_CHECKING

from sandbox import tls
from sandbox.home import Home
from sandbox.store import Document
from sandbox.traffic import routing

if TYPE_CHECKING:
    from sandbox.world import World


class CertificatesByName:
    """Chooses for each connection; the sandbox's own certificate stays where no Secret has one for the name."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._folder = Home(world.home).tls / "ingress"
        self._contexts: dict[str, ssl.SSLContext] = {}

    def __call__(self, connection: ssl.SSLObject, name: str | None, usual: ssl.SSLContext) -> None:
        secret = self._secret(name) if name else None
        chosen = self._context(secret) if secret else None
        if chosen:
            connection.context = chosen

    def _secret(self, name: str) -> Document | None:
        for cluster, _, ingress in routing.served(self._world):
            for part in ingress["spec"].get("tls") or []:
                if any(routing.same_host(host, name) for host in part.get("hosts") or []):
                    place = ingress["metadata"]["namespace"], part.get("secretName", "")
                    if found := cluster.objects.find("secrets", *place):
                        return found
        return None

    def _context(self, secret: Document) -> ssl.SSLContext | None:
        """The Secret's certificate and key, ready for use; None where they cannot be used."""
        held = secret.get("data") or {}
        pem = b"".join(base64.b64decode(held.get(key) or "") for key in ("tls.key", "tls.crt"))
        digest = hashlib.sha256(pem).hexdigest()
        if digest not in self._contexts:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = self._folder / f"{digest[:32]}.pem"  # Python takes certificates from files alone
            tls.private(file, pem)
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            try:
                made.load_cert_chain(file)
            except (ssl.SSLError, ValueError):
                return None  # as the real ones: the default certificate instead of a bad one
            finally:
                file.unlink()
            self._contexts[digest] = made
        return self._contexts[digest]
