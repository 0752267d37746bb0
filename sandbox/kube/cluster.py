"""A cluster from the outside: created and removed with its AKS resource, and the kubeconfig that leads to it.

Documents of the table ``kube-clusters``, by uid: uid, id (ARM id), name, group, properties (of the managed cluster),
version, key (PEM of the issuer's private key), tokens (static bearer tokens of the local accounts: admin, user).
"""

import base64
import secrets
import uuid
from typing import Literal

import yaml

from sandbox.arm.ids import ResourceId
from sandbox.kube import bootstrap, issuer
from sandbox.kube.objects import Objects
from sandbox.store import Document
from sandbox.tls import Certificates
from sandbox.world import TENANT_ID, World

#: The application that AKS clusters accept Entra tokens for; the same in every tenant.
AKS_SERVER_ID = "6dae42f8-4368-4678-94ff-3960e28e3630"
#: The public client that kubelogin signs in with by device code.
AKS_CLIENT_ID = "80faf920-1908-4b52-b5ef-a8e7bedfc67a"
#: What a cluster runs when its resource names no version.
DEFAULT_VERSION = "1.35.0"


def create(world: World, cluster_id: ResourceId, document: Document) -> str:
    """Bring the Kubernetes side of a managed cluster about, or up to date with its resource, and return its uid.

    ``document`` is the ARM resource; read are ``properties.{kubernetesVersion,currentKubernetesVersion,
    agentPoolProfiles,aadProfile,disableLocalAccounts,securityProfile.workloadIdentity}``. Call it on every PUT."""
    clusters = world.store.table("kube-clusters")
    existing = find(world, cluster_id)
    if existing is None:
        uid = str(uuid.uuid4())
        existing = {
            "uid": uid, "id": cluster_id.text, "name": cluster_id.name, "group": cluster_id.group,
            "key": issuer.new_key(),
            "tokens": {"admin": secrets.token_hex(32), "user": secrets.token_hex(32)},
        }  # fmt: skip
    properties = document.get("properties", {})
    version = properties.get("currentKubernetesVersion") or properties.get("kubernetesVersion") or DEFAULT_VERSION
    if version.count(".") == 1:
        version += ".0"
    record = existing | {"properties": properties, "version": version, "location": document.get("location", "")}
    if clusters.get(record["uid"]) != record:
        clusters[record["uid"]] = record
    bootstrap.furnish(objects(world, record["uid"]), record)
    return record["uid"]


def find(world: World, cluster_id: ResourceId) -> Document | None:
    """The record of a managed cluster."""
    for record in world.store.table("kube-clusters").values():
        if record["id"].lower() == cluster_id.key:
            return record
    return None


def get(world: World, uid: str) -> Document | None:
    return world.store.table("kube-clusters").get(uid)


def uids(world: World) -> list[str]:
    """Every cluster that there is."""
    return list(world.store.table("kube-clusters"))


def objects(world: World, uid: str) -> Objects:
    """The object store of a cluster (the same one at each call)."""
    if uid not in world.clusters:
        table = world.store.table(f"kube/{uid}")
        world.clusters[uid] = Objects(table, world.store.table("kube-revisions", quiet=True), uid)
    return world.clusters[uid]


def remove(world: World, uid: str) -> None:
    """Take a cluster away with everything in it; nothing happens where there is none."""
    if world.store.table("kube-clusters").pop(uid, None) is not None:
        objects(world, uid).clear()
        world.clusters.pop(uid, None)
        world.store.table(f"kube-logs/{uid}", quiet=True).clear()


def server(world: World, uid: str) -> str:
    """The address in the kubeconfig."""
    return f"{world.url}/clusters/{uid}"


def kubeconfig(world: World, uid: str, kind: Literal["user", "admin"]) -> str:
    """The kubeconfig (YAML) that listClusterUserCredential or listClusterAdminCredential hands out.

    Users of an Entra-integrated cluster sign in through kubelogin; the rest hold a token of a local account, where
    AKS has a client certificate (the sandbox's port asks for none)."""
    record = world.store.table("kube-clusters")[uid]
    name, user = record["name"], f"cluster{kind.capitalize()}_{record['group']}_{record['name']}"
    entra = record["properties"].get("aadProfile")
    authority = base64.b64encode(Certificates(world.home / "tls").ca.read_bytes()).decode()
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": name,
                    "cluster": {"certificate-authority-data": authority, "server": server(world, uid)},
                }
            ],
            "contexts": [{"name": name, "context": {"cluster": name, "user": user}}],
            "current-context": name,
            "preferences": {},
            "users": [
                {
                    "name": user,
                    "user": {"exec": _kubelogin()} if entra and kind == "user" else {"token": record["tokens"][kind]},
                }
            ],
        },
        sort_keys=False,
    )


def _kubelogin() -> Document:
    """The exec plugin that AKS writes for Entra-integrated clusters."""
    return {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "args": [
            "get-token", "--environment", "AzurePublicCloud", "--server-id", AKS_SERVER_ID,
            "--client-id", AKS_CLIENT_ID, "--tenant-id", TENANT_ID, "--login", "devicecode",
        ],
        "command": "kubelogin",
        "env": None,
        "installHint": "kubelogin is not installed: see https://azure.github.io/kubelogin/install.html",
        "provideClusterInfo": False,
    }  # fmt: skip
