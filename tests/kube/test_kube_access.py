"""Who gets in and who may do what: Entra tokens, Azure roles, service accounts, Roles."""

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from conftest import ADMINS, CLUSTER, Cluster, Sandbox, document

from sandbox.arm import roles
from sandbox.entra import audiences, principals, tokens
from sandbox.kube import cluster as clusters


@pytest.fixture
def entra(sandbox: Sandbox, cluster: Cluster) -> Iterator[Any]:
    """The same cluster with Entra integration and Azure RBAC; a function from a principal's id to a client."""
    profile = {"managed": True, "enableAzureRBAC": True, "adminGroupObjectIDs": [ADMINS]}
    resource = document(aadProfile=profile)
    sandbox.on_loop(lambda: clusters.create(sandbox.world, CLUSTER, resource))
    verify = ssl.create_default_context(cafile=cluster.ca)

    def client(principal: str, audience: str = audiences.AKS_APP_ID) -> httpx.Client:
        token = sandbox.on_loop(lambda: tokens.issue(sandbox.world, principal, audience))
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{cluster.server}/", headers=headers, verify=verify)

    yield client
    sandbox.on_loop(lambda: clusters.create(sandbox.world, CLUSTER, document()))


@pytest.fixture
def principal(sandbox: Sandbox) -> str:
    return sandbox.on_loop(lambda: principals.create_service_principal(sandbox.world, "someone")["id"])


def bearer(api: httpx.Client, token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_nobody_gets_in(api: httpx.Client) -> None:
    for token in ("nonsense", "a.b.c", jwt.encode({"iss": "https://other"}, "k" * 32)):
        answer = api.get("version", headers=bearer(api, token))
        assert (answer.status_code, answer.json()["message"]) == (401, "Unauthorized")


def test_an_entra_token_alone_allows_nothing(entra: Any, principal: str) -> None:
    with entra(principal) as client:
        assert client.get("version").status_code == 200
        answer = client.get("api/v1/nodes")
    assert answer.status_code == 403
    said = (
        f'nodes is forbidden: User "{principal}" cannot list resource "nodes" in API group "" at the cluster scope: '
        "User does not have access to the resource in Azure. Update role assignment to allow access."
    )
    assert answer.json()["message"] == said


def test_a_token_for_another_service_is_not_for_the_cluster(entra: Any, principal: str, sandbox: Sandbox) -> None:
    with entra(principal, sandbox.world.url) as client:
        assert client.get("api/v1/nodes").status_code == 401


def test_an_azure_role_on_the_cluster_lets_in(entra: Any, principal: str, sandbox: Sandbox) -> None:
    role = "Azure Kubernetes Service RBAC Cluster Admin"
    sandbox.on_loop(lambda: roles.grant(sandbox.world, principal, role, CLUSTER.text))
    with entra(principal) as client:
        assert client.get("api/v1/nodes").status_code == 200


def test_an_azure_role_on_a_namespace_ends_there(entra: Any, principal: str, sandbox: Sandbox) -> None:
    role, scope = "Azure Kubernetes Service RBAC Writer", f"{CLUSTER.text}/namespaces/default"
    sandbox.on_loop(lambda: roles.grant(sandbox.world, principal, role, scope))
    with entra(principal) as client:
        assert client.get("api/v1/namespaces/default/pods").status_code == 200
        answer = client.get("api/v1/namespaces/kube-system/pods")
    assert answer.status_code == 403
    assert 'cannot list resource "pods" in API group "" in the namespace "kube-system"' in answer.json()["message"]


def test_the_admin_group_lets_in(entra: Any, principal: str, sandbox: Sandbox) -> None:
    def join() -> None:
        table = principals.memberships(sandbox.world)
        table[f"{ADMINS}/{principal}"] = {"group": ADMINS, "member": principal}

    sandbox.on_loop(join)
    with entra(principal) as client:
        assert client.get("api/v1/secrets").status_code == 200


def test_a_service_account_may_do_what_its_roles_say(api: httpx.Client, namespace: str) -> None:
    root = f"api/v1/namespaces/{namespace}"
    rbac = f"apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    api.post(f"{root}/serviceaccounts", json={"metadata": {"name": "reader"}})
    request = api.post(
        f"{root}/serviceaccounts/reader/token", json={"spec": {"audiences": [], "expirationSeconds": 600}}
    )
    headers = bearer(api, request.json()["status"]["token"])
    answer = api.get(f"{root}/pods", headers=headers)
    who = f"system:serviceaccount:{namespace}:reader"
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        f'pods is forbidden: User "{who}" cannot list resource "pods" in API group "" in the namespace "{namespace}"'
    )
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
    api.post(f"{rbac}/roles", json={"metadata": {"name": "r"}, "rules": [rule]})
    subject = {"kind": "ServiceAccount", "name": "reader", "namespace": namespace}
    binding = {"metadata": {"name": "b"}, "roleRef": {"kind": "Role", "name": "r"}, "subjects": [subject]}
    assert api.post(f"{rbac}/rolebindings", json=binding).status_code == 201
    assert api.get(f"{root}/pods", headers=headers).status_code == 200
    assert api.get(f"{root}/pods/x", headers=headers).status_code == 403
    assert api.get("api/v1/pods", headers=headers).status_code == 403
    api.delete(f"{root}/serviceaccounts/reader")
    assert api.get(f"{root}/pods", headers=headers).status_code == 401, "the token goes with its account"


def test_a_bound_token_tells_of_its_pod_and_is_verified_by_the_published_keys(
    api: httpx.Client, cluster: Cluster, namespace: str
) -> None:
    root = f"api/v1/namespaces/{namespace}"
    api.post(f"{root}/serviceaccounts", json={"metadata": {"name": "app"}})
    spec = {"serviceAccountName": "app", "containers": [{"name": "a", "image": "a:1"}]}
    pod = api.post(f"{root}/pods", json={"metadata": {"name": "p"}, "spec": spec}).json()
    bound = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": pod["metadata"]["uid"]}
    wanted = {"audiences": ["api://AzureADTokenExchange"], "boundObjectRef": bound}
    answer = api.post(f"{root}/serviceaccounts/app/token", json={"spec": wanted})
    token = answer.json()["status"]["token"]
    issuer = jwt.decode(token, options={"verify_signature": False})["iss"]
    assert issuer.endswith(f"/{cluster.uid}/"), "AKS' issuers end with a slash"
    found = api.get(f"{issuer}.well-known/openid-configuration").json()
    assert found["issuer"] == issuer
    keys = jwt.PyJWKSet.from_dict(api.get(found["jwks_uri"]).json())
    key = next(one for one in keys.keys if one.key_id == jwt.get_unverified_header(token)["kid"])
    claims = jwt.decode(token, key.key, algorithms=["RS256"], audience="api://AzureADTokenExchange", issuer=issuer)
    assert claims["sub"] == f"system:serviceaccount:{namespace}:app"
    assert claims["kubernetes.io"]["pod"] == {"name": "p", "uid": pod["metadata"]["uid"]}
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    path = "apis/authentication.k8s.io/v1/tokenreviews"
    spec = {"token": token, "audiences": ["api://AzureADTokenExchange"]}
    status = api.post(path, json={**review, "spec": spec}).json()["status"]
    assert status["authenticated"] and status["user"]["username"] == claims["sub"]
    assert not api.post(path, json={**review, "spec": {"token": token}}).json()["status"]["authenticated"]


def test_local_accounts_can_be_disabled(sandbox: Sandbox, cluster: Cluster, api: httpx.Client) -> None:
    sandbox.on_loop(lambda: clusters.create(sandbox.world, CLUSTER, document(disableLocalAccounts=True)))
    refused = api.get("version").status_code
    sandbox.on_loop(lambda: clusters.create(sandbox.world, CLUSTER, document()))
    assert (refused, api.get("version").status_code) == (401, 200)


def test_aggregated_roles_take_in_what_charts_add(api: httpx.Client, namespace: str) -> None:
    label = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    rule = {"apiGroups": ["example.com"], "resources": ["things"], "verbs": ["get"]}
    path = "apis/rbac.authorization.k8s.io/v1/clusterroles"
    assert (
        api.post(path, json={"metadata": {"name": "things-view", "labels": label}, "rules": [rule]}).status_code == 201
    )
    subject = {"kind": "User", "name": "viewer", "apiGroup": "rbac.authorization.k8s.io"}
    view = {"kind": "ClusterRole", "name": "view"}
    binding = {"metadata": {"name": "viewers"}, "roleRef": view, "subjects": [subject]}
    api.post("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", json=binding)

    def may(verb: str, group: str, resource: str) -> bool:
        attributes = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
        body = {"spec": {"user": "viewer", "resourceAttributes": attributes}}
        answer = api.post("apis/authorization.k8s.io/v1/subjectaccessreviews", json=body)
        return answer.json()["status"]["allowed"]

    assert may("get", "example.com", "things") and may("list", "", "pods")
    assert not may("get", "", "secrets") and not may("delete", "", "pods")
