"""The walk inside the cluster, from the pod to its token: each wire pulled by itself, and what is said of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from wirings import (
    AUDIENCE,
    CLIENT,
    CLIENT_ID,
    IN_ISSUERS,
    LINKS,
    OTHER_CLIENT,
    TENANT,
    USE,
    WANTED,
    account,
    changed,
    deployment,
    issuer,
    links,
    pod,
    seen,
    words,
)

from engine.errors import Absent
from tools.chain import walk
from tools.links import Unknown, held


def test_all_holds_in_this_order() -> None:
    found = walk(WANTED, seen())
    assert tuple(link.name for link in found) == LINKS
    assert {link.word for link in found} == {"held"}
    assert not any(link.presented or link.expected or link.mend for link in found)


def test_grants_come_last() -> None:
    assert walk(WANTED, seen(), [held("role")])[-1].name == "role"


# --- pod and service account


def test_no_deployment() -> None:
    facts = seen(account())
    assert words(facts) == {
        "pod": "failed",
        "service account": "blocked",
        "label on the template": "blocked",
        "label on the pod": "blocked",
        "environment and token": "blocked",
        "token's audience": "blocked",
    }
    link = links(facts)["pod"]
    assert (link.presented, link.mend) == ("no deployment backend in workload", "inv workload")


def test_no_pod_and_why() -> None:
    refused = deployment() | {"status": {"conditions": [{"type": "ReplicaFailure", "message": "violates PodSecurity"}]}}
    link = links(seen(refused, account()))["pod"]
    assert (link.word, link.presented, link.note) == ("failed", "no pod", "violates PodSecurity")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"phase": "Pending", "message": "0/2 nodes are available"}, "Pending 0/2 nodes are available"),
        (
            {
                "phase": "Pending",
                "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "denied"}}}],
            },
            "ImagePullBackOff denied",
        ),
        (
            {"phase": "Running", "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]},
            "CrashLoopBackOff",
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [{"state": {"waiting": {"reason": "PodInitializing"}}}]},
            "PodInitializing",
        ),
    ],
)
def test_a_pod_that_does_not_run(status: dict[str, Any], said: str) -> None:
    link = links(seen(deployment(), changed(pod(), "status", status), account()))["pod"]
    assert (link.word, link.presented) == ("failed", f"backend-1: {said}")


def test_pods_that_go_or_are_others_do_not_count() -> None:
    going = changed(pod("backend-0"), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    ended = changed(pod("backend-job"), "status.phase", "Succeeded")
    other = changed(pod("frontend-1"), "metadata.labels", {"app": "frontend"})
    broken = [changed(one, "spec.volumes", []) for one in (going, ended, other)]
    assert words(seen(deployment(), pod(), account(), *broken)) == {}


def test_every_pod_counts() -> None:
    facts = seen(deployment(), pod(), changed(pod("backend-2"), "spec.volumes", []), account())
    assert links(facts)["environment and token"].presented.startswith("backend-2: ")


def test_another_service_account() -> None:
    facts = seen(deployment(), changed(pod(), "spec.serviceAccountName", "default"), account())
    link = links(facts)["service account"]
    assert (link.word, link.presented, link.expected) == ("failed", "default", "backend")
    assert words(facts)["environment and token"] == "blocked"


def test_no_service_account() -> None:
    assert words(seen(deployment(), pod()))["service account"] == "failed"
    assert words(seen(deployment(), pod()))["client id"] == "blocked"


# --- client id


@pytest.mark.parametrize(
    ("annotations", "presented", "note"),
    [
        ({}, f"no annotation {CLIENT_ID}", ""),
        ({CLIENT_ID: "nobody"}, "nobody", ""),
        ({CLIENT_ID: OTHER_CLIENT}, OTHER_CLIENT, "that is id-other"),
    ],
)
def test_a_wrong_annotation(annotations: dict[str, str], presented: str, note: str) -> None:
    facts = seen(deployment(), pod(), changed(account(), "metadata.annotations", annotations))
    assert words(facts) == {"client id": "failed"}, "the pod has been given the right one before"
    link = links(facts)["client id"]
    assert (link.presented, link.expected, link.note) == (presented, CLIENT, note)


@pytest.mark.parametrize(
    ("issuers", "presented"),
    [
        ([], "no issuer that uses Azure DNS"),
        ([issuer(), issuer(None, "letsencrypt-production")], "letsencrypt-production: no managedIdentity.clientID"),
        ([issuer(OTHER_CLIENT)], f"letsencrypt-staging: {OTHER_CLIENT}"),
    ],
)
def test_a_wrong_client_id_in_an_issuer(issuers: list[Any], presented: str) -> None:
    link = links(seen(issuers=issuers), IN_ISSUERS)["client id"]
    assert (link.word, link.presented, link.expected) == ("failed", presented, CLIENT)


def test_with_the_client_id_in_issuers_the_service_account_and_the_pod_may_be_without() -> None:
    env = [one for one in pod()["spec"]["containers"][0]["env"] if one["name"] != "AZURE_CLIENT_ID"]
    box = {"name": "backend", "env": [*env, {"name": "AZURE_CLIENT_ID", "value": ""}]}
    bare = changed(account(), "metadata.annotations", None)
    assert words(seen(deployment(), changed(pod(), "spec.containers", [box]), bare), IN_ISSUERS) == {}


def test_no_identity() -> None:
    found = words(seen(identities={}))
    assert found == {"client id": "failed", "environment and token": "blocked", "token's audience": "blocked"}


# --- labels


@pytest.mark.parametrize(("value", "presented"), [(None, "none"), ("True", f"{USE}=True"), ("false", f"{USE}=false")])
def test_a_template_without_the_label(value: str | None, presented: str) -> None:
    labels = {"app": "backend"} | ({USE: value} if value else {})
    unlabelled = changed(pod(), "metadata.labels", {"app": "backend"})
    facts = seen(changed(deployment(), "spec.template.metadata.labels", labels), unlabelled, account())
    link = links(facts)["label on the template"]
    assert (link.word, link.presented, link.expected, link.note) == ("failed", presented, f"{USE}=true", "")
    assert words(facts)["environment and token"] == "blocked", "the pods are replaced with the template"


@pytest.mark.parametrize("place", ["deployment", "account", "pod"])
def test_a_label_in_the_wrong_place(place: str) -> None:
    one = {"deployment": deployment(), "account": account(), "pod": pod()}
    one["deployment"] = changed(one["deployment"], "spec.template.metadata.labels", {"app": "backend"})
    one["pod"] = changed(one["pod"], "metadata.labels", {"app": "backend"})
    one[place] = changed(one[place], "metadata.labels", {"app": "backend", USE: "true"})
    note = links(seen(*one.values()))["label on the template"].note
    said = {"deployment": "the deployment itself", "account": "the service account", "pod": "a pod, where it comes too"}
    assert said[place] in note


def test_a_pod_without_the_templates_label() -> None:
    facts = seen(deployment(), changed(pod(), "metadata.labels", {"app": "backend"}), account())
    link = links(facts)["label on the pod"]
    assert (link.word, link.presented) == ("failed", "backend-1: none")
    assert link.mend == "kubectl rollout restart deployment/backend --namespace workload"


# --- what the webhook injects


def without(name: str) -> dict[str, Any]:
    made = pod()
    box = made["spec"]["containers"][0]
    box["env"] = [one for one in box["env"] if one["name"] != name]
    return made


@pytest.mark.parametrize("name", ["AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST"])
def test_a_variable_that_was_not_injected(name: str) -> None:
    link = links(seen(deployment(), without(name), account()))["environment and token"]
    assert (link.word, link.presented) == ("failed", f"backend-1: no {name}")
    assert "older than its label" in link.note and "rollout restart" in link.mend


def test_no_token() -> None:
    facts = seen(deployment(), changed(pod(), "spec.volumes", None), account())
    assert links(facts)["environment and token"].presented == "backend-1: no volume azure-identity-token"
    assert words(facts)["token's audience"] == "blocked"


@pytest.mark.parametrize(
    ("name", "value"), [("AZURE_CLIENT_ID", ""), ("AZURE_CLIENT_ID", OTHER_CLIENT), ("AZURE_TENANT_ID", "other")]
)
def test_a_pod_older_than_its_annotation(name: str, value: str) -> None:
    old = without(name)
    old["spec"]["containers"][0]["env"].append({"name": name, "value": value})
    link = links(seen(deployment(), old, account()))["environment and token"]
    assert (link.word, link.presented) == ("failed", f"backend-1: {name}={value or '(empty)'}")
    assert link.expected == f"{name}={CLIENT if name == 'AZURE_CLIENT_ID' else TENANT}"
    assert "older than the annotation" in link.note


def test_containers_that_are_skipped() -> None:
    two = pod()
    two["spec"]["containers"].append({"name": "proxy"})
    assert words(seen(deployment(), two, account()))["environment and token"] == "failed"
    two["metadata"]["annotations"] = {"azure.workload.identity/skip-containers": "other; proxy"}
    assert words(seen(deployment(), two, account())) == {}


def test_a_token_for_somebody_else() -> None:
    made = copy.deepcopy(pod())
    made["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"]["audience"] = "https://vault"
    link = links(seen(deployment(), made, account()))["token's audience"]
    assert (link.word, link.presented, link.expected) == ("failed", "https://vault", AUDIENCE)


# --- what could not be asked


@pytest.mark.parametrize("why", [Unknown("kubectl: connection refused"), Absent("no namespace")])
def test_what_is_not_known_blocks_and_fails_nothing(why: Any) -> None:
    for fact in ("objects", "identities", "credentials", "issuers", "issuer"):
        wanted = IN_ISSUERS if fact == "issuers" else WANTED
        found = words(seen(**{fact: why}), wanted)
        assert found and set(found.values()) == {"blocked"}, fact
