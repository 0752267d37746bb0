"""What the errors of az, kubectl and helm mean: passing ones and their time, finished business, final ones.

The rows of a `Retry` are matched in their order on what the command wrote. What no row names is final and is shown in
the tool's own words. Budgets are wall time from the first such error; they are ours unless the source gives one. The
whole table, for reading, is docs/errors.md: `python -m tools.outcomes > docs/errors.md` writes it.

az, kubectl and helm try again by themselves first (measured, at a server that answers so). az's management commands do
three times more for 408, 429 and 5xx (at once, then 1.6 and 3.2 s later, or when Retry-After says) and for connections
that break, those of writes too; `az ad`, `az rest` and signing in never do. kubectl and helm do ten times more for what
has Retry-After, and for reads whose connection breaks. None of them prints Retry-After: what reaches us is a text such
as "Please try again after '6' seconds".
"""

from engine.retry import Retry, Row
from tools.outcomes import aks, azure, cluster, connection, helm, rights, signin, signs


def granted(who: str) -> Retry:
    """To be put before another one, for a command in which ``who`` (an object id) uses a right that the lab granted."""
    return Retry((rights.granted(who),))


AZURE = Retry(
    (
        *aks.ROWS,
        *azure.IDENTITIES,
        *azure.DEPLOYMENTS,
        *rights.ROWS,
        *signin.ROWS,
        *connection.ROWS,
        connection.UNREACHABLE,
        *azure.REFUSED,
    )
)
KUBERNETES = Retry((*helm.ROWS, *cluster.ROWS, cluster.BUSY, *signin.ROWS, *connection.ROWS, connection.UNREACHABLE))

SERVERS = Retry((cluster.BUSY, *connection.ROWS))
"""For the question whether there is a way into the cluster: only what says nothing about it is asked again."""

CERTIFICATES = Retry((*signs.CERTIFICATES, *signin.FEDERATED))
PODS = Retry(signs.PODS)
TOKENS = Retry(signin.FEDERATED)

TABLE: dict[str, tuple[Row, ...]] = {
    "Networks and servers": (*connection.ROWS, connection.UNREACHABLE),
    "Signing in": signin.ROWS,
    "Rights": rights.ROWS,
    "Rights that were just granted": (rights.granted(r"[\w-]+"),),
    "AKS": aks.ROWS,
    "Managed identities": azure.IDENTITIES,
    "Azure's deployments": (*azure.DEPLOYMENTS, *azure.REFUSED),
    "The cluster": (*cluster.ROWS, cluster.BUSY),
    "helm": helm.ROWS,
    "Certificates": signs.CERTIFICATES,
    "Pods": signs.PODS,
}
"""All rows, by subject."""
