"""Networks and servers that have a bad moment: whoever asks again is answered."""

from engine.retry import Row

ARM_LIMITS = "learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"
SEEN_AZ = "az 2.91.0 at a server that answers so"
SEEN_KUBE = "kubectl 1.34.5 and helm 4.1.4 at a server that answers so"

ROWS = (
    Row(
        r"CERTIFICATE_VERIFY_FAILED|failed to verify certificate: x509",
        "permanent",
        meaning="somebody answers with a certificate that this machine does not trust: a proxy in between, or another "
        "cluster than the kubeconfig's",
        advice="name the proxy's certificate in REQUESTS_CA_BUNDLE and SSL_CERT_FILE; or inv credentials, for a new "
        "kubeconfig",
        seen=(
            "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Max retries exceeded with url: /x "
            "(Caused by SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify "
            "failed: unable to get local issuer certificate (_ssl.c:1006)')))",
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown "
            "authority",
        ),
        source="learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting",
    ),
    Row(
        r"Too ?Many ?Requests|\w+RequestsThrottled|\(Throttled\)|\"code\": ?\"Throttled\""
        r"|request is (being )?throttled",
        waiting_for="the servers to take requests again after throttling",
        usually="some seconds",
        within_s=600,
        first_s=5,
        meaning="more requests are made than this subscription, identity or cluster may have",
        advice="wait some minutes, then run the same command; INVOKE_LAB_JOBS=2 asks for less at a time",
        seen=(
            "ERROR: (SubscriptionRequestsThrottled) Number of 'read' requests for subscription '5ab5c1b0' actor '1b0f' "
            "exceeded. Please try again after '6' seconds after additional tokens are available.",
            "ERROR: (TooManyRequests) The request is being throttled.",
            "ERROR: (Throttled) The request is throttled. Please try again later.",
            'ERROR: {"status":"Failed","error":{"code":"DeploymentFailed","details":[{"code":"Throttled"}]}}',
            'ERROR: Too Many Requests({"error":{"code":"TooManyRequests","message":"Too many requests"}})',
            "ERROR: This request is throttled. Please try again after the value specified in the Retry-After header.",
            "Error from server (TooManyRequests): the server has received too many requests and has asked us to try "
            "again later (get configmaps)",
        ),
        source=f"{ARM_LIMITS}; Microsoft Graph throttling; {SEEN_KUBE}",
    ),
    Row(
        r"IncompleteRead|JSON is invalid|Unterminated string starting at|Expecting (value|property name|':'|',')"
        r"|unexpected end of JSON input|unexpected EOF|error when reading response body|_AAZUndefinedType",
        waiting_for="answers that arrive whole",
        within_s=600,
        most_s=10,  # no server is relieved by a longer pause, and helm begins anew each time
        meaning="answers arrive torn: a proxy or the network cuts them",
        advice="try from another network, then run the same command",
        seen=(
            "ERROR: ('Connection broken: IncompleteRead(20 bytes read, 405 more expected)', IncompleteRead(20 bytes "
            "read, 405 more expected))",
            "ERROR: JSON is invalid: Unterminated string starting at: line 1 column 17 (char 16)",
            "ERROR: The command failed with an unexpected error. Here is the traceback:\n"
            "ERROR: Expecting value: line 1 column 1 (char 0)",
            "ERROR: Expecting ',' delimiter: line 1 column 41 (char 40)",
            "ERROR: '_AAZUndefinedType' object is not iterable",
            "error: unexpected error when reading response body. Please retry. Original error: unexpected EOF",
            "Error: list: failed to list: couldn't get version/kind; json parse error: unexpected end of JSON input",
        ),
        source=f"{SEEN_AZ}; {SEEN_KUBE}",
    ),
    Row(
        r"Internal ?Server ?Error|Bad ?Gateway|Service ?Unavailable|(service|server) is (temporarily|too|busy)"
        r"|ServerTimeout|Gateway ?Timeout|RequestTimeout|ServerBusy|temporarily_unavailable|AADSTS900(24|33|55)"
        r"|HTTP Error: 5\d\d|^ERROR:\s*$",
        waiting_for="Azure to answer again",
        usually="some seconds",
        within_s=300,
        meaning="Azure has trouble of its own",
        advice="look at https://status.azure.com, then run the same command",
        seen=(
            "ERROR: (InternalServerError) Encountered internal server error. Diagnostic information: timestamp 'x'",
            "ERROR: Operation returned an invalid status 'Bad Gateway'",
            "ERROR: Operation returned an invalid status 'Internal Server Error'",
            "ERROR: (BadGatewayConnection) The network connectivity issue encountered for 'Microsoft.Network'",
            "ERROR: (ServerTimeout) The request timed out. Diagnostic information: timestamp 'x'",
            "ERROR: (GatewayTimeout) The gateway did not receive a response from 'Microsoft.ContainerService' within "
            "the specified time period.",
            'ERROR: Service Unavailable({"error":{"code":"serviceNotAvailable","message":"busy"}})',
            "ERROR: The service is temporarily unavailable. Please try again later.",
            "ERROR: Encountered an internal server error.",
            "ERROR: (RequestTimeout) The request timed out.",
            "ERROR: AADSTS90033: A transient error has occurred. Please try again.",
            "ERROR: AADSTS90055: The server is too busy",
            "ERROR: HTTP Error: 503",
            "ErrorCode:ServerBusy",
            "ERROR: \n",  # a 502 of Graph without a message, as `az ad` shows it
        ),
        source=f"Azure/azure-dev#602; {SEEN_AZ}",
    ),
    Row(
        r"Unable to authenticate using AAD or admin login credentials",
        waiting_for="the registry to let az in",
        usually="some seconds",
        within_s=60,
        meaning="the registry does not let you in; az hides why",
        advice="az acr login --name <registry> --expose-token says more; reading takes the role AcrPull",
        seen=(
            "ERROR: Unable to authenticate using AAD or admin login credentials. Please specify both username and "
            "password in non-interactive mode.",
        ),
        source="az 2.91.0 at a registry that answers /v2/ with 429",
    ),
    Row(
        r"Connection aborted|connection reset|Connection broken|broken pipe|Read timed out|TLS handshake timeout"
        r"|client connection lost|Client\.Timeout exceeded|closed network connection|server sent GOAWAY|: EOF\b"
        r"|signal: killed",
        waiting_for="a connection that holds",
        usually="some seconds",
        within_s=600,
        most_s=10,
        meaning="connections break again and again: the network or a proxy has trouble",
        advice="try from another network, then run the same command",
        seen=(
            "ERROR: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
            "ERROR: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))",
            "ERROR: HTTPSConnectionPool(host='management.azure.com', port=443): Read timed out. (read timeout=300)",
            "Unable to connect to the server: EOF",
            "Unable to connect to the server: net/http: TLS handshake timeout",
            "error: http2: client connection lost",
            'Error: UPGRADE FAILED: create: failed to create: Post "https://localhost:1/api/v1/namespaces/x/secrets": '
            "EOF",
            'Get "https://localhost:1/api": net/http: request canceled (Client.Timeout exceeded while awaiting '
            "headers)",
            "AzureCLICredential: signal: killed",
        ),
        source=f"{SEEN_AZ}; {SEEN_KUBE}; Azure/kubelogin#223",
    ),
)

UNREACHABLE = Row(
    r"Max retries exceeded|Failed to establish a new connection|Failed to resolve|Name or service not known"
    r"|Temporary failure in name resolution|no such host|network is unreachable|no route to host|i/o timeout"
    r"|connection refused|connection timed out|cluster unreachable|Unable to connect to the server"
    r"|Could not connect to the registry login server",
    waiting_for="the server to be reachable",
    usually="some seconds",
    within_s=300,
    meaning="there is no way to the server: the network is down here, or the server is gone",
    advice="look at the network; if the cluster was made anew: inv credentials",
    seen=(
        "ERROR: HTTPSConnectionPool(host='graph.microsoft.com', port=443): Max retries exceeded with url: /v1.0/x "
        "(Caused by NameResolutionError(\"Failed to resolve 'graph.microsoft.com' ([Errno -2] Name or service not "
        'known)"))',
        "Unable to connect to the server: dial tcp: lookup lab-1x2y.hcp.norwayeast.azmk8s.io: no such host",
        "The connection to the server localhost:8443 was refused - dial tcp 127.0.0.1:8443: connect: connection "
        "refused",
        'Error: kubernetes cluster unreachable: Get "https://localhost:1/version": dial tcp 127.0.0.1:1: i/o timeout',
        "ERROR: Could not connect to the registry login server 'acr1.azurecr.io'. Please verify that the registry "
        "exists and the URL 'https://acr1.azurecr.io/v2/' is reachable from your environment.",
    ),
    source=f"{SEEN_AZ}; {SEEN_KUBE}",
)
"""The new API server of a cluster has a name that is not known everywhere at once; an old one's never is."""
