"""Who is signed in to az, read in process with azure-cli-core: az's own files and rules, without its start-up."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine.errors import Absent
from engine.goal import Question
from engine.masking import mask

if TYPE_CHECKING:
    from engine.lab import Lab


@dataclass(frozen=True)
class Account:
    """The signed-in account as far as one subscription is concerned. ``graph``: Microsoft Graph's base URL;
    ``federated``: it was let in by an assertion, such as a pipeline's, which soon expires."""

    user: str
    user_type: str
    tenant: str
    subscription: str
    subscription_name: str
    state: str
    cloud: str
    graph: str
    federated: bool = False

    def __str__(self) -> str:
        return f"{self.user} ({self.subscription_name}, tenant {self.tenant}, {self.cloud})"


def account(lab: "Lab", subscription: UUID) -> Question:
    """The account that az would use for ``subscription``; absent where nobody is signed in or cannot see it."""

    def read() -> Account:
        # azure-cli-core looks for its folder in this process's environment, once, when it is imported.
        if folder := lab.env.get("AZURE_CONFIG_DIR"):
            os.environ["AZURE_CONFIG_DIR"] = folder
        return _read(str(subscription))

    return Question(ask=read, key=f"az account {subscription}", topic="az/account")


def _read(subscription: str) -> Account:
    from azure.cli.core import get_default_cli
    from azure.cli.core._profile import Profile
    from knack.util import CLIError

    cli = get_default_cli()
    try:
        found = Profile(cli_ctx=cli).get_subscription(subscription)
    except CLIError as error:
        raise Absent(str(error)) from error
    return Account(
        user=found["user"]["name"],
        user_type=found["user"]["type"],
        tenant=found["tenantId"],
        subscription=found["id"],
        subscription_name=found["name"],
        state=found["state"],
        cloud=cli.cloud.name,
        graph=cli.cloud.endpoints.microsoft_graph_resource_id.rstrip("/"),
        federated=found["user"]["type"] == "servicePrincipal" and _federated(cli, found),
    )


def _federated(cli: Any, account: dict[str, Any]) -> bool:
    """Whether az keeps an assertion for this service principal, which nobody is to see from now on."""
    from azure.cli.core.auth.identity import ServicePrincipalStore
    from azure.cli.core.auth.persistence import load_secret_store
    from azure.cli.core.util import should_encrypt_token_cache
    from knack.util import CLIError

    place = Path(cli.config.config_dir, "service_principal_entries")
    store = ServicePrincipalStore(load_secret_store(str(place), should_encrypt_token_cache(cli)))
    try:
        entry = store.load_entry(account["user"]["name"], account["tenantId"])
    except CLIError:
        return False
    return bool(mask(entry.get("client_assertion", "")))
