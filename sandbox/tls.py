"""The sandbox's own certificate authority, and the certificate that its ports are served with."""

import datetime
import os
from pathlib import Path

import certifi
import trustme

NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")
#: Apple's verifier refuses leaf certificates that are valid for longer.
_LEAF_DAYS = 825


def private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


class Certificates:
    """The files below one folder. ``ca``: the authority's certificate alone. ``bundle``: that and the
    public ones, for clients that also talk to the outside world. ``server``: key and chain of the ports'
    certificate, in one file."""

    def __init__(self, folder: Path) -> None:
        self._key = folder / "ca-key.pem"
        self.ca, self.bundle, self.server = folder / "ca.pem", folder / "ca-bundle.pem", folder / "server.pem"

    def prepare(self) -> None:
        """Make what is missing, and a fresh server certificate. The authority is made once and kept."""
        self.ca.parent.mkdir(parents=True, exist_ok=True)
        if self._key.exists() and self.ca.exists():
            authority = trustme.CA.from_pem(self.ca.read_bytes(), self._key.read_bytes())
        else:
            authority = trustme.CA(organization_name="aks-lab sandbox")
            private(self._key, authority.private_key_pem.bytes())
            private(self.ca, authority.cert_pem.bytes())
        private(self.bundle, self.ca.read_bytes() + Path(certifi.where()).read_bytes())
        now = datetime.datetime.now(datetime.UTC)
        leaf = authority.issue_cert(
            *NAMES,
            not_before=now - datetime.timedelta(days=1),
            not_after=now + datetime.timedelta(days=_LEAF_DAYS - 2),
        )
        private(self.server, leaf.private_key_and_cert_chain_pem.bytes())
