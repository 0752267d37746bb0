"""The ACME servers of the sandbox: Let's Encrypt's directories by name, with a certificate authority behind each."""

import datetime
import hashlib
import secrets
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox import tls
from sandbox.home import Home
from sandbox.world import World

#: Directory -> the name of the authority that signs there.
DIRECTORIES = {
    "https://acme-v02.api.letsencrypt.org/directory": "Sandbox Production Intermediate",
    "https://acme-staging-v02.api.letsencrypt.org/directory": "(STAGING) Sandbox Intermediate",
}
#: How long a certificate is good for.
LIFETIME = datetime.timedelta(days=90)
_FORBIDDEN = ("example.com", "example.net", "example.org")
_NO_SUFFIX = ("invalid", "test", "local", "localhost", "example", "internal", "lan")


class AcmeError(Exception):
    """A problem document of the server as its client prints it."""


@dataclass(frozen=True)
class Authority:
    """A signing authority: its certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def register(server: str, email: str) -> str:
    """Register an account. Its URL. Raises AcmeError in the words in which cert-manager shows it."""
    host = server.partition("://")[2].partition("/")[0]
    if server not in DIRECTORIES:
        raise AcmeError(f'Get "{server}": dial tcp: lookup {host}: no such host')
    domain = email.rpartition("@")[2].lower()
    if email and domain in _FORBIDDEN:
        said = f'contact email has forbidden domain "{domain}"'
        raise AcmeError(f"400 urn:ietf:params:acme:error:invalidEmail: Error creating new account :: {said}")
    if email and ("." not in domain or domain.rpartition(".")[2] in _NO_SUFFIX):
        said = "contact email has invalid domain: Domain name does not end with a valid public suffix (TLD)"
        raise AcmeError(f"400 urn:ietf:params:acme:error:invalidEmail: Error creating new account :: {said}")
    number = int(hashlib.sha256(f"{server} {secrets.token_hex(8)}".encode()).hexdigest()[:8], 16)
    return f"https://{host}/acme/acct/{number}"


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def authority(world: World, server: str) -> Authority:
    """The authority behind a directory, made on first use and kept in the state."""
    kept = world.store.table("acme_authorities", quiet=True)
    if server not in kept:
        key, now = new_key(), datetime.datetime.now(datetime.UTC)
        name = _name(DIRECTORIES.get(server, "Sandbox Intermediate"))
        made = (
            x509.CertificateBuilder()
            .subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_signing(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = made.public_bytes(serialization.Encoding.PEM).decode()
        kept[server] = {"certificate": pem, "key": key_pem(key).decode()}
    signing = serialization.load_pem_private_key(kept[server]["key"].encode(), None)
    assert isinstance(signing, ec.EllipticCurvePrivateKey)
    return Authority(x509.load_pem_x509_certificate(kept[server]["certificate"].encode()), signing)


def _signing() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def publish(world: World) -> None:
    """Put the authorities' certificates where clients can fetch them: ``<home>/tls/letsencrypt-staging.pem`` and
    ``letsencrypt-production.pem``. Nobody trusts them unasked, as nobody trusts Let's Encrypt's staging."""
    folder = Home(world.home).tls
    folder.mkdir(parents=True, exist_ok=True)
    for server in DIRECTORIES:
        environment = "staging" if "staging" in server else "production"
        tls.private(folder / f"letsencrypt-{environment}.pem", authority(world, server).pem)


def request(key: ec.EllipticCurvePrivateKey, names: list[str]) -> bytes:
    """A signing request (PEM) for some names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(names[0]))
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    signed = builder.add_extension(alternatives, critical=False).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def sign(world: World, server: str, csr_pem: bytes) -> bytes:
    """The certificate for a request, with the authority's behind it (PEM)."""
    by, csr = authority(world, server), x509.load_pem_x509_csr(csr_pem)
    names = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(csr.subject).issuer_name(by.certificate.subject).public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key()), critical=False)
        .sign(by.key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.PEM) + by.pem
