"""Signing in: tokens that have expired, assertions that nothing matches."""

from engine.retry import Row

WI_ISSUES = "Azure/azure-workload-identity#273, #576"
CODES = "learn.microsoft.com/entra/identity-platform/reference-error-codes"

FEDERATED = (
    Row(
        r"AADSTS70025\b",
        waiting_for="the federated credential to be known in Entra",
        usually="seconds to minutes",
        meaning="the identity has no federated credential",
        advice="inv doctor, then the step that it names",
        seen=("AADSTS70025: The client '7326f632'(id-dev-workload) has no configured federated identity credentials.",),
        source=WI_ISSUES,
    ),
    Row(
        r"AADSTS700213\d?\b.*?(subject '(?P<subject>[^']+)'|$)",
        waiting_for="the federated credential to be known in Entra",
        usually="seconds to minutes",
        meaning="no federated credential of the identity names this subject, letter by letter: <subject>",
        advice="inv doctor: it compares the subject that is presented with those that are stored",
        seen=(
            "AADSTS700213: No matching federated identity record found for presented assertion subject "
            "'system:serviceaccount:workload:backend'. Please check your federated identity credential Subject, "
            "Audience and Issuer against the presented assertion.",
            "AADSTS7002138: No matching federated identity record found for presented assertion subject 'repo:a/b'. "
            "The subject matches with case-insensitive comparison, but not with case-sensitive comparison.",
        ),
        source=f"{WI_ISSUES}; Azure/login#482, #515",
    ),
    Row(
        r"AADSTS700211\b.*?(issuer '(?P<issuer>[^']+)'|$)",
        waiting_for="the federated credential to be known in Entra",
        usually="seconds to minutes",
        meaning="no federated credential of the identity names this issuer, its slash at the end included: <issuer>; a "
        "cluster that is made anew has another",
        advice="inv doctor, then the step that it names",
        seen=(
            "AADSTS700211: No matching federated identity record found for presented assertion issuer "
            "'https://norwayeast.oic.prod-aks.azure.com/7e7a/1b0f'.",
        ),
        source="azure.github.io/azure-workload-identity/docs/troubleshooting",
    ),
    Row(
        r"AADSTS700212\b.*?(audience '(?P<audience>[^']+)'|$)",
        waiting_for="the federated credential to be known in Entra",
        usually="seconds to minutes",
        meaning="the token is for another audience than api://AzureADTokenExchange: <audience>",
        advice="inv doctor, then the step that it names",
        seen=(
            "AADSTS700212: No matching federated identity record found for presented assertion audience "
            "'api://AKSIdentityBinding'.",
        ),
        source="azure.github.io/azure-workload-identity/docs/troubleshooting",
    ),
    Row(
        r"AADSTS70021\b",
        waiting_for="the federated credential to be known in Entra",
        usually="seconds to minutes",
        meaning="no federated credential of the identity fits the token",
        advice="inv doctor, then the step that it names",
        seen=("AADSTS70021: No matching federated identity record found for presented assertion.",),
        source=WI_ISSUES,
    ),
)
"""What Entra says to a pod, or a pipeline, whose federated credential is missing, wrong or too new."""

ROWS = (
    Row(
        r"AADSTS700024",
        "permanent",
        meaning="the login's own assertion has expired: that of a pipeline lives ten minutes. No repetition helps",
        advice="run the pipeline's step again, it goes on from here; keepAzSessionActive, or a step for each part "
        "of the lab, avoids it",
        seen=(
            "ERROR: AADSTS700024: Client assertion is not within its valid time range. Current time: "
            "2026-11-24T00:00:00.0000000Z, assertion valid from 2026-11-23T00:00:00.0000000Z, expiry time of assertion "
            "2026-11-23T00:10:00.0000000Z.",
        ),
        source="Azure/azure-cli#28708; "
        "learn.microsoft.com/azure/devops/pipelines/release/troubleshoot-workload-identity",
    ),
    *FEDERATED,
    Row(
        r"ExpiredAuthenticationToken|InvalidAuthenticationToken\b|Lifetime validation failed",
        waiting_for="a fresh token",
        within_s=60,
        meaning="tokens are refused as expired or invalid, fresh ones too",
        advice="compare this machine's clock; then az logout, az login",
        seen=(
            "ERROR: (ExpiredAuthenticationToken) The access token expiry UTC time '11/24/2026 1:00:00 AM' is "
            "earlier than current UTC time '11/24/2026 2:00:00 AM'.",
            "ERROR: (InvalidAuthenticationToken) The access token is invalid.",
            "ERROR: Lifetime validation failed, the token is expired.",
        ),
        source="az 2.91.0 at a server that answers so",
    ),
    Row(
        r"AADSTS(?!900(24|33|55))\d+|Please run .?az login|az login --",
        "permanent",
        meaning="nobody is signed in, or Entra does not take the sign-in any more",
        advice="az login",
        seen=(
            "ERROR: Please run 'az login' to setup account.",
            "ERROR: AADSTS700082: The refresh token has expired due to inactivity.",
            "ERROR: AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency checks by "
            "conditional access.",
            "ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor "
            "authentication to access '797f4846'.",
        ),
        source=CODES,
    ),
)
