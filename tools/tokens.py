"""What a login without a secret needs early: tokens for all that the lab talks to, while its assertion is valid still.

A pipeline's assertion lives ten minutes, the tokens that it is exchanged for live an hour or longer, and az keeps them.
Source: learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity; Azure/azure-cli#28708
"""

from uuid import UUID

from engine.goal import Goal, Holds
from tools import az

#: The application that stands for AKS in every tenant: kubelogin signs in to it.
AKS_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"

#: For whom the tokens are, in the words of `az account get-access-token`. az, az ad, az acr and kubelogin
#: ask in the same ones: https://graph.microsoft.com, without the slash at its end, would be kept as another token.
AUDIENCES = {
    "arm": ("--resource-type", "arm"),
    "graph": ("--resource-type", "ms-graph"),
    "registry": ("--resource", "https://containerregistry.azure.net"),
    "aks": ("--resource", AKS_SERVER_ID),
}


def kept(subscription: UUID) -> Goal:
    """az has a token for each of them. The tokens themselves are not shown: the answer is when each expires."""
    asks = [
        az.question(
            az.az("account", "get-access-token", *words, "--query", "expiresOn", subscription=subscription),
            topic=f"token/{name}",
        )
        for name, words in AUDIENCES.items()
    ]
    return Goal("tokens for the whole run", asks=tuple(asks), judge=lambda *expire: Holds())
