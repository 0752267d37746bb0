"""What objects in the cluster say while they are waited for: some of it passes, some makes the wait hopeless."""

from engine.retry import Row

ACME = "cert-manager.io/docs/troubleshooting/acme"

CERTIFICATES = (
    Row(
        r"acme:error:rateLimited.*?(retry after (?P<until>[\d :-]+)|$)",
        "permanent",
        meaning="Let's Encrypt gives this name no more certificates for hours: <until>",
        advice="use the staging environment meanwhile: certmanager.issuer: staging",
        seen=(
            "Order wi-1-2 errored: Failed to create Order: 429 urn:ietf:params:acme:error:rateLimited: too many "
            "certificates (5) already issued for this exact set of identifiers in the last 168h0m0s, retry after "
            "2026-11-25 10:00:00 UTC: see https://letsencrypt.org/docs/rate-limits/",
        ),
        source="letsencrypt.org/docs/rate-limits",
    ),
    Row(
        r"acme:error:(invalidEmail|invalidContact|unsupportedContact)",
        "permanent",
        meaning="Let's Encrypt does not take this address: certmanager.email",
        advice="name a real one, or none: the address is optional",
        seen=(
            "Failed to register ACME account: 400 urn:ietf:params:acme:error:invalidEmail: Error creating new "
            'account :: contact email has forbidden domain "example.com"',
        ),
        source=ACME,
    ),
    Row(
        r"no configured challenge solvers can be used|acme:error:(rejectedIdentifier|caa|dns)\b",
        "permanent",
        meaning="Let's Encrypt will not vouch for this name",
        advice="compare dns.zone with the domain that you own, and its CAA records: dig CAA <zone>",
        seen=(
            "Order wi-1-2 errored: Failed to determine a valid solver configuration for the set of domains on the "
            "Order: no configured challenge solvers can be used for this challenge",
            "400 urn:ietf:params:acme:error:rejectedIdentifier: Invalid identifiers requested",
        ),
        source=ACME,
    ),
    Row(
        r"Waiting for DNS-01 challenge propagation.*?(record for \"(?P<name>[^\"]+)\"|$)",
        meaning="the world does not see the zone's records for <name>: the zone is not delegated, or to other name "
        "servers",
        advice="dig NS <name>; compare with: az network dns zone show --query nameServers",
        seen=(
            "Challenge wi-1-2-3 pending: Waiting for DNS-01 challenge propagation: DNS record for "
            '"wi-f.contoso.com" not yet propagated',
        ),
        source=ACME,
    ),
    Row(
        r"AuthorizationFailed|does not have authorization to perform action",
        meaning="cert-manager may not write to the zone (yet)",
        advice="inv doctor, then the step that it names",
        seen=(
            "Challenge wi-1-2-3 pending: GET https://management.azure.com/x: 403 AuthorizationFailed: The client "
            "'7326f632' does not have authorization to perform action 'Microsoft.Network/dnsZones/read'",
        ),
        source=ACME,
    ),
)

PODS = (
    Row(
        r"(ErrImagePull|ImagePullBackOff|[Ff]ailed to pull).*\b(401|403|[Uu]nauthori[sz]ed|[Ff]orbidden|denied)\b",
        meaning="the nodes may not pull from the registry",
        advice="inv acrpull; it takes effect in 1 to 10 min. kubectl rollout restart skips what is left of the "
        "back-off",
        seen=(
            'frontend-x: ImagePullBackOff Back-off pulling image "acrdev.azurecr.io/frontend@sha256:1": '
            "ErrImagePull: failed to authorize: failed to fetch anonymous token: unexpected status from GET "
            "request: 401 Unauthorized",
        ),
        source="Azure/azure-dev#7529; Azure/AKS#1349, #1517",
    ),
    Row(
        r"(ErrImagePull|ImagePullBackOff)",
        meaning="the image cannot be pulled",
        advice="inv images, then the same command",
        seen=(
            'frontend-x: ErrImagePull rpc error: code = NotFound desc = failed to pull and unpack image "x": not found',
        ),
        source="kubelet",
    ),
    Row(
        r"(?P<pod>[\w.-]+): (CrashLoopBackOff|Error|RunContainerError|CreateContainerConfigError)",
        meaning="the program does not stay up",
        advice="kubectl logs --previous --namespace <namespace> <pod>",
        seen=("backend-x: CrashLoopBackOff back-off 10s restarting failed container=main pod=backend-x",),
        source="kubelet",
    ),
)
