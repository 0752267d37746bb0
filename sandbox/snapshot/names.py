"""Names instead of what is random: ids by whom they stand for, and addresses, times, keys by what they are."""

import re
from typing import TYPE_CHECKING, Any

from cryptography import x509

from sandbox.arm import built_in_roles
from sandbox.entra import principals
from sandbox.world import SUBSCRIPTION_ID, TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

_GUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_OTHERS = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL), "<private key>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "<time>"),
    (re.compile(r"\b(localhost|127\.0\.0\.1):\d+"), r"\1:<port>"),
    # Given out at random, or in the order in which somebody asked: by AKS, the cluster, Let's Encrypt, trustme.
    (re.compile(r"-[a-z0-9]{8}(?=\.(portal\.)?hcp\.)"), "-<hash>"),
    (re.compile(r"-\d{8}(?=-(vmss|nsg))"), "-<hash>"),
    (re.compile(r"\bkubernetes-a[0-9a-f]{31}\b"), "kubernetes-<uid>"),
    (re.compile(r"\b10\.(0|244)\.\d+\.\d+\b(?!/)"), "<cluster address>"),
    (re.compile(r"(?<=/acct/)\d+"), "<account>"),
    (re.compile(r"(?<=Testing CA )#[\w-]+"), "<number>"),
)


class Names:
    """The names of one sandbox at one time."""

    def __init__(self, world: "World") -> None:
        self._known = {TENANT_ID: "<tenant>", SUBSCRIPTION_ID: "<subscription>"}
        self._known |= {role.guid: f"<role {role.name}>" for role in built_in_roles.BUILT_IN}
        for document in principals.directory(world).values():
            kind = document["@odata.type"].rpartition(".")[2]
            name = document.get("displayName", "")
            self._known |= {role["id"]: f"<app role {role['value']}>" for role in document.get("appRoles") or []}
            self._known |= {document["id"]: f"<{kind} {name}>"}
            if app_id := document.get("appId"):
                self._known[app_id] = f"<client {name}>"
        for uid, record in world.store.table("kube-clusters").items():
            self._known[uid] = f"<cluster {record['name']}>"

    def put_into(self, value: Any) -> Any:
        """A document with names for all that is random in its texts, keys of mappings included."""
        if isinstance(value, dict):
            return {self.put_into(key): self.put_into(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.put_into(one) for one in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        text = _CERTIFICATE.sub(lambda found: _certificate(found[0]), text)
        text = _GUID.sub(lambda found: self._known.get(found[0].lower(), "<id>"), text)
        for pattern, name in _OTHERS:
            text = pattern.sub(name, text)
        return text


def _certificate(pem: str) -> str:
    """Whom a certificate is for, and whose it is."""
    found = x509.load_pem_x509_certificate(pem.encode())
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        alternatives = sorted(names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        alternatives = []
    subject, issuer = found.subject.rfc4514_string(), found.issuer.rfc4514_string()
    return f"<certificate {' '.join([subject, *alternatives]).strip()} by {issuer}>"
