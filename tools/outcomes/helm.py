"""helm: releases that are in somebody's hands, in the way, or not as their chart wants them."""

from engine.retry import Row

SEEN = "helm 4.1.4"

ABANDONED_S = 660
"""A release that has been pending for so long is in nobody's hands: the lab's own helm gives up after ten minutes, any
other after five, where it is not told otherwise."""

ROWS = (
    Row(
        r"failed to record the release",
        at_zero=True,
        waiting_for="the cluster to keep helm's record of the release",
        usually="some seconds",
        within_s=300,
        meaning="the release stands, and helm could not write down that it does: it goes on calling it pending",
        advice="run the same command: it clears away what is pending, and begins anew",
        seen=(
            'level=ERROR msg="failed to record the release" error="update: failed to update: the server is currently '
            'unable to handle the request"',
        ),
        source="helm 4.1.4 at a server that answers the last of its writes with 503",
    ),
    Row(
        r"failed to delete release: (?P<release>[\w.-]+)\s*$",
        waiting_for="helm to take away what is left of the release",
        usually="some seconds",
        within_s=180,
        meaning="helm does not get rid of what is left of release <release>; why, it says with --debug only",
        advice="helm uninstall <release> --namespace <namespace> --debug",
        seen=("Error: failed to delete release: cert-manager",),
        source="helm 4.1.4 at a server that answers one of the removals with 401, or not at all",
    ),
    Row(
        r"another operation \(install/upgrade/rollback\) is in progress",
        waiting_for="another helm's operation on this release to end",
        usually="under 5 min",
        within_s=ABANDONED_S + 60,
        meaning="somebody's helm keeps working on this release",
        advice="helm history <release> --namespace <namespace>: who is it?",
        seen=("Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress",),
        source="helm/helm#8987, #10549",
    ),
    Row(
        r"cannot re-?use a name that is still in use",
        "permanent",
        meaning="there is a release of this name already, and the command was helm install",
        advice="use helm upgrade --install, as the lab's steps do",
        seen=("Error: INSTALLATION FAILED: cannot reuse a name that is still in use",),
        source=SEEN,
    ),
    Row(
        r"\"?(?P<release>[\w.-]*)\"? has no deployed releases",
        "permanent",
        meaning="the release <release> has never been deployed, or its removal was cut short",
        advice="helm uninstall <release> --namespace <namespace>, then run the same command",
        seen=('Error: UPGRADE FAILED: "cert-manager" has no deployed releases',),
        source=SEEN,
    ),
    Row(
        r"(?P<kind>\w+) \"(?P<name>[^\"]+)\" in namespace \"(?P<namespace>[^\"]*)\" exists and cannot be imported"
        r"|invalid ownership metadata",
        "permanent",
        meaning="helm found an object that it did not make: <kind> <name>",
        advice="kubectl delete <kind> <name> --namespace <namespace>, or label and annotate it as part of the release",
        seen=(
            'Error: unable to continue with install: ServiceAccount "external-dns" in namespace "external-dns" '
            "exists and cannot be imported into the current release: invalid ownership metadata; label validation "
            'error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"',
        ),
        source=SEEN,
    ),
    Row(
        r"additional propert(y|ies) (?P<value>.+?) (is |are )?not allowed|don't meet the specifications of the schema",
        "permanent",
        meaning="the chart does not know one of the values: <value>",
        advice="compare templates/ with: helm show values <chart>",
        seen=(
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\n"
            "cert-manager:\n- at '': additional properties 'installCRD' not allowed",
        ),
        source=SEEN,
    ),
    Row(
        r"resource (?P<object>\S+) not ready\. status: Unknown",
        waiting_for="helm to see what the chart made",
        usually="some seconds",
        within_s=300,
        meaning="helm cannot tell how <object> is: the cluster's API server does not answer it",
        advice="kubectl get --raw /readyz",
        seen=(
            "Error: release cert-manager failed, and has been uninstalled due to rollback-on-failure being set: failed "
            "post-install: resource RoleBinding/cert-manager/cert-manager-startupapicheck:create-cert not ready. "
            "status: Unknown, message: ",
        ),
        source="helm 4.1.4 at a server that answers /apis with 401 while it waits",
    ),
    Row(
        r"resource (?P<object>\S+) not ready|timed out waiting for the condition",
        "permanent",
        meaning="what the chart made has not become ready in time: <object>",
        advice="kubectl get events --all-namespaces --sort-by .lastTimestamp, and the logs of its pods",
        seen=(
            "Error: UPGRADE FAILED: release cert-manager failed, and has been rolled back due to "
            "rollback-on-failure being set: resource Deployment/cert-manager/cert-manager not ready. status: "
            "InProgress, message: Available: 0/1\ncontext deadline exceeded",
        ),
        source=SEEN,
    ),
)
