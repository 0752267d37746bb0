"""The columns of jobs, cron jobs, autoscalers, disruption budgets and events."""

from datetime import UTC, datetime
from typing import Any

from sandbox.kube import selectors
from sandbox.kube.tables.column import Column, age, containers, duration, number, or_none, since, spec, status, wide
from sandbox.store import Document


def _job_status(job: Document) -> str:
    held = {one["type"] for one in status(job).get("conditions") or [] if one["status"] == "True"}
    for type, said in (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended")):
        if type in held:
            return said
    if "deletionTimestamp" in job["metadata"]:
        return "Terminating"
    for type, said in (("FailureTarget", "FailureTarget"), ("SuccessCriteriaMet", "SuccessCriteriaMet")):
        if type in held:
            return said
    return "Running"


def _completions(job: Document) -> str:
    done = status(job).get("succeeded") or 0
    wanted = spec(job).get("completions")
    if wanted is not None:
        return f"{done}/{wanted}"
    parallel = spec(job).get("parallelism") or 0
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _duration(job: Document) -> str:
    started, ended = status(job).get("startTime"), status(job).get("completionTime")
    if not started:
        return ""
    end = datetime.fromisoformat(ended) if ended else datetime.now(UTC)
    return duration((end - datetime.fromisoformat(started)).total_seconds())


def _template(one: Document) -> Document:
    inner = spec(one).get("jobTemplate") or one
    return spec(inner).get("template") or {}


def _metrics(scaler: Document) -> str:
    said = []
    current = {
        (one.get("resource") or {}).get("name"): one["resource"].get("current", {}).get("averageUtilization")
        for one in status(scaler).get("currentMetrics") or []
        if one.get("resource")
    }
    for metric in spec(scaler).get("metrics") or []:
        resource = metric.get("resource") or {}
        target = resource.get("target") or {}
        if "averageUtilization" in target:
            now = current.get(resource["name"])
            shown = "<unknown>" if now is None else f"{now}%"
            said.append(f"{resource['name']}: {shown}/{target['averageUtilization']}%")
        else:
            said.append(f"<unknown>/{target.get('averageValue', '<auto>')}")
    return ", ".join(said) or "<none>"


def _target(scaler: Document) -> str:
    target = spec(scaler).get("scaleTargetRef") or {}
    return f"{target.get('kind')}/{target.get('name')}"


def _limit(field: str) -> Any:
    return lambda budget: "N/A" if spec(budget).get(field) is None else str(spec(budget)[field])


def _event_object(event: Document) -> str:
    involved = event.get("involvedObject") or event.get("regarding") or {}
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _last_seen(event: Document) -> str:
    moment = event.get("lastTimestamp") or event.get("deprecatedLastTimestamp")
    return since(moment or event.get("eventTime") or event["metadata"].get("creationTimestamp"))


def _first_seen(event: Document) -> str:
    moment = event.get("firstTimestamp") or event.get("deprecatedFirstTimestamp")
    return since(moment or event.get("eventTime") or event["metadata"].get("creationTimestamp"))


def _source(event: Document) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    return ", ".join(filter(None, (source.get("component") or event.get("reportingComponent"), source.get("host"))))


COLUMNS = {
    "batch/jobs": (
        Column("Status", _job_status),
        Column("Completions", _completions),
        Column("Duration", _duration),
        wide("Containers", lambda one: containers(_template(one))("name")),
        wide("Images", lambda one: containers(_template(one))("image")),
        wide("Selector", lambda one: or_none(selectors.as_text(spec(one).get("selector")))),
    ),
    "batch/cronjobs": (
        Column("Schedule", lambda one: spec(one).get("schedule")),
        Column("Timezone", lambda one: or_none(spec(one).get("timeZone"))),
        Column("Suspend", lambda one: str(bool(spec(one).get("suspend"))), "boolean"),
        number("Active", lambda one: len(status(one).get("active") or [])),
        Column(
            "Last Schedule",
            lambda one: since(status(one)["lastScheduleTime"]) if status(one).get("lastScheduleTime") else "<none>",
        ),
        wide("Containers", lambda one: containers(_template(one))("name")),
        wide("Images", lambda one: containers(_template(one))("image")),
        wide(
            "Selector", lambda one: or_none(selectors.as_text(spec(spec(one).get("jobTemplate") or {}).get("selector")))
        ),
    ),
    "autoscaling/horizontalpodautoscalers": (
        Column("Reference", _target),
        Column("Targets", _metrics),
        Column("MinPods", lambda one: str(spec(one).get("minReplicas", "<unset>"))),
        number("MaxPods", lambda one: spec(one).get("maxReplicas")),
        number("Replicas", lambda one: status(one).get("currentReplicas") or 0),
    ),
    "policy/poddisruptionbudgets": (
        Column("Min Available", _limit("minAvailable")),
        Column("Max Unavailable", _limit("maxUnavailable")),
        number("Allowed Disruptions", lambda one: status(one).get("disruptionsAllowed") or 0),
    ),
    "events": (
        Column("Last Seen", _last_seen),
        Column("Type", lambda one: one.get("type", "")),
        Column("Reason", lambda one: one.get("reason", "")),
        Column("Object", _event_object),
        wide("Subobject", lambda one: (one.get("involvedObject") or {}).get("fieldPath", "")),
        wide("Source", _source),
        Column("Message", lambda one: (one.get("message") or one.get("note") or "").strip()),
        wide("First Seen", _first_seen),
        wide("Count", lambda one: str(one.get("count") or one.get("deprecatedCount") or 1)),
        Column("Name", lambda one: one["metadata"]["name"], format="name", priority=1),
    ),
    "coordination.k8s.io/leases": (
        Column("Holder", lambda one: spec(one).get("holderIdentity", "")),
        Column("Age", age),
    ),
}
