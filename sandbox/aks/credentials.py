"""``listClusterUserCredential`` and ``listClusterAdminCredential``: the kubeconfigs that AKS hands out."""

import base64
from typing import Literal

from sandbox.aks import refusals
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.kube import cluster as kube
from sandbox.store import Document
from sandbox.world import World


def _credential(world: World, cluster: Document, kind: Literal["user", "admin"]) -> Document:
    if "_uid" not in cluster:
        raise refusals.in_progress(cluster["properties"]["provisioningState"])
    text = kube.kubeconfig(world, cluster["_uid"], kind)
    return {"kubeconfigs": [{"name": f"cluster{kind.capitalize()}", "value": base64.b64encode(text.encode()).decode()}]}


def _stored(world: World, id: ResourceId) -> Document:
    cluster = resources.stored(world, id)
    assert cluster is not None, "an action is called on a resource that exists"
    return cluster


async def user(world: World, id: ResourceId, body: Document) -> Document:
    """For Entra-integrated clusters through kubelogin, else of the local account."""
    return _credential(world, _stored(world, id), "user")


async def admin(world: World, id: ResourceId, body: Document) -> Document:
    cluster = _stored(world, id)
    if cluster["properties"]["disableLocalAccounts"]:
        raise refusals.static_credential()
    return _credential(world, cluster, "admin")
