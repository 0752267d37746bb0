"""The pod's identity: a Kubernetes token on disk, exchanged for one of Entra's whenever that is about to end."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import WorkloadIdentityCredential

from backend.problems import Problem

#: What the workload identity webhook gives to a pod.
INJECTED = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST")

#: A token is renewed so many seconds before it ends.
RENEWAL_S = 300

_ENTRA_CODE = re.compile(r"AADSTS\d+")


@dataclass(frozen=True)
class Identity:
    """Who this pod is to Entra."""

    tenant_id: str
    client_id: str
    token_file: Path
    authority: str

    @classmethod
    def of(cls, env: Mapping[str, str]) -> Identity:
        """
        :raises Problem: the webhook has not injected all of it
        """
        missing = [name for name in INJECTED if not env.get(name)]
        if missing:
            raise Problem(
                "pod",
                "NotInjected",
                f"{', '.join(missing)} not set: the pod's template lacks the label azure.workload.identity/use, or the "
                "pod is older than the label or than the annotation of its service account",
            )
        return cls(
            tenant_id=env["AZURE_TENANT_ID"],
            client_id=env["AZURE_CLIENT_ID"],
            token_file=Path(env["AZURE_FEDERATED_TOKEN_FILE"]),
            authority=env["AZURE_AUTHORITY_HOST"],
        )

    def assertion(self) -> str:
        """The service account's token as it is now: the kubelet replaces it long before it ends.

        :raises Problem: it cannot be read
        """
        try:
            return self.token_file.read_text().strip()
        except OSError as error:
            raise Problem("pod", "NoTokenFile", f"{self.token_file}: {error.strerror}") from error


class Tokens:
    """Entra's tokens for one scope. Safe to use from several threads: one of them asks, the others wait."""

    def __init__(self, identity: Identity, scope: str) -> None:
        self.identity, self.scope = identity, scope
        self._token: AccessToken | None = None
        self._lock = Lock()

    def get(self) -> str:
        """A token that lasts some minutes still.

        :raises Problem: with Entra's AADSTS code
        """
        with self._lock:
            if self._token is None or self._token.expires_on - time.time() < RENEWAL_S:
                self._token = self._acquire()
            return self._token.token

    def forget(self) -> None:
        """Have the next one asked for anew."""
        with self._lock:
            self._token = None

    def _acquire(self) -> AccessToken:
        identity = self.identity
        identity.assertion()  # says which file is at fault, where azure-identity has an OSError without it
        # A new credential each time: one that is kept goes on using what it has read for ten minutes.
        with WorkloadIdentityCredential(
            tenant_id=identity.tenant_id,
            client_id=identity.client_id,
            token_file_path=str(identity.token_file),
            authority=identity.authority,
        ) as credential:
            try:
                return credential.get_token(self.scope)
            except ClientAuthenticationError as error:
                raise _refused(error) from error
            except (AzureError, ValueError) as error:
                raise Problem("entra", "Unreachable", f"{identity.authority} gave no token: {error}") from error


def _refused(error: ClientAuthenticationError) -> Problem:
    """Entra's refusal: its code stands in the text, before the trace and correlation ids."""
    text = str(error.message)
    code = _ENTRA_CODE.search(text)
    sentence = text[code.start() :] if code else text
    sentence = re.split(r"\s+Trace ID:|\r?\n", sentence, maxsplit=1)[0]
    status = error.response.status_code if error.response is not None else None
    return Problem("entra", code[0] if code else "invalid_client", sentence, status)
