"""Who is signed in to az, read in process with azure-cli-core: az's own files and rules, without its start-up."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from engine.errors import Absent
from engine.goal import Question

if TYPE_CHECKING:
    from engine.lab import Lab


@dataclass(frozen=True)
class Account:
    """The signed-in account as far as one subscription is concerned. ``graph``: Microsoft Graph's base URL."""

    user: str
    user_type: str
    tenant: str
    subscription: str
    subscription_name: str
    state: str
    cloud: str
    graph: str

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
    )
