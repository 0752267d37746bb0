"""A registry's error answers: ``{"errors": [{"code", "message", "detail"}]}`` as the OCI distribution API has them."""

from typing import Any


class RegistryError(Exception):
    """A data plane request refused."""

    def __init__(
        self, status: int, code: str, message: str, detail: Any = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.detail, self.headers = detail, headers or {}

    def body(self) -> dict[str, Any]:
        error = {"code": self.code, "message": self.message}
        return {"errors": [error if self.detail is None else error | {"detail": self.detail}]}


def unauthorized(host: str, detail: Any = None, scope: str = "") -> RegistryError:
    """The challenge that sends a client for a token. No blank after the commas: az splits at them."""
    challenge = f'Bearer realm="https://{host}/oauth2/token",service="{host}"' + (f',scope="{scope}"' if scope else "")
    message = "authentication required, visit https://aka.ms/acr/authorization for more information."
    return RegistryError(401, "UNAUTHORIZED", message, detail, {"WWW-Authenticate": challenge})


def name_unknown(repository: str) -> RegistryError:
    message = f'repository "{repository}" is not found'
    return RegistryError(404, "NAME_UNKNOWN", message, {"name": repository})


def manifest_unknown(repository: str, reference: str) -> RegistryError:
    kind, name = ("revision", reference) if ":" in reference else ("Tag", reference)
    message = f'manifest tagged by "{name}" is not found' if kind == "Tag" else f"manifest {name} is not found"
    return RegistryError(404, "MANIFEST_UNKNOWN", message, {kind: name, "name": repository})


def tag_unknown(tag: str) -> RegistryError:
    return RegistryError(404, "TAG_UNKNOWN", "the specified tag does not exist", {"name": tag})


def blob_unknown(digest: str) -> RegistryError:
    return RegistryError(404, "BLOB_UNKNOWN", "blob unknown to registry", {"digest": digest})


def upload_unknown() -> RegistryError:
    return RegistryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")


def digest_invalid(digest: str) -> RegistryError:
    message = "provided digest did not match uploaded content"
    return RegistryError(400, "DIGEST_INVALID", message, {"digest": digest})


def manifest_invalid(detail: Any) -> RegistryError:
    return RegistryError(400, "MANIFEST_INVALID", "manifest invalid", detail)


def manifest_blob_unknown(digest: str) -> RegistryError:
    return RegistryError(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", {"digest": digest})


def name_invalid(repository: str) -> RegistryError:
    return RegistryError(400, "NAME_INVALID", "invalid repository name", {"name": repository})
