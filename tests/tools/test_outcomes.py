"""What the errors of the tools mean: each text as the tool words it, with its class."""

import pytest

from tools.outcomes import AZURE, KUBERNETES

TEXTS = [
    (AZURE, "(OperationNotAllowed) Operation is not allowed: Another operation (Updating) is in progress", "transient"),
    (
        AZURE,
        "(OperationNotAllowed) Operation could not be completed as it results in exceeding approved Cores quota",
        "permanent",
    ),
    (AZURE, "(PrincipalNotFound) Principal 1b0f does not exist in the directory 7e7a.", "transient"),
    (
        AZURE,
        "(ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity) Too many Federated Identity",
        "transient",
    ),
    (AZURE, 'Bad Request({"error":{"message":"Permission being assigned already exists on the object"}})', "done"),
    (AZURE, "AADSTS700024: Client assertion is not within its valid time range.", "permanent"),
    (AZURE, "(TooManyRequests) The request is being throttled.", "transient"),
    (AZURE, "(TasksOperationsNotAllowed) ACR Tasks requests for the registry are not permitted.", "permanent"),
    (AZURE, "(AuthorizationFailed) ... to perform action 'Microsoft.Authorization/roleAssignments/write'", "permanent"),
    (AZURE, "(InvalidTemplate) Deployment template validation failed", None),
    (
        KUBERNETES,
        'Internal error occurred: failed calling webhook "webhook.cert-manager.io": failed to call webhook: Post '
        '"https://cert-manager-webhook.cert-manager.svc:443/validate": no endpoints available for service',
        "transient",
    ),
    (KUBERNETES, "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress", "transient"),
    (KUBERNETES, "Error: kubernetes cluster unreachable: dial tcp: i/o timeout", "transient"),
    (KUBERNETES, 'Error from server (NotFound): deployments.apps "x" not found', None),
    (KUBERNETES, "values don't meet the specifications of the schema(s)", "permanent"),
]


@pytest.mark.parametrize(("retry", "text", "kind"), TEXTS, ids=[text[:40] for _, text, _ in TEXTS])
def test_a_text_has_its_class(retry, text, kind):
    row = retry.classify(text)
    assert (row.kind if row else None) == kind


def test_each_row_says_what_it_means_and_where_that_was_seen():
    for row in (*AZURE.rows, *KUBERNETES.rows):
        assert row.meaning and row.source, row.pattern
        assert row.kind != "permanent" or row.advice, f"{row.pattern}: what is to be done?"
