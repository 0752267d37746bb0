"""What a fresh AKS cluster holds: namespaces, nodes, services, storage classes, the add-ons' deployments."""

import copy
import re
import zlib

from sandbox.kube.kinds import builtin
from sandbox.kube.objects import Objects, timestamp
from sandbox.store import Document

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")


def furnish(objects: Objects, record: Document) -> None:
    """Bring a cluster's own objects about, or up to date with its record (see ``cluster.py``). What a user has
    changed in an add-on is left alone; nodes follow the agent pools."""
    for name in NAMESPACES:
        _present(objects, "namespaces", _namespace(name))
    _nodes(objects, record)


def _present(objects: Objects, resource: str, document: Document) -> None:
    metadata = document["metadata"]
    if objects.find(resource, metadata.get("namespace", ""), metadata["name"]) is None:
        kind = builtin(resource)
        assert kind is not None
        objects.create(resource, {"apiVersion": kind.api_version, "kind": kind.kind, **document})


def _namespace(name: str) -> Document:
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }


def _nodes(objects: Objects, record: Document) -> None:
    wanted: dict[str, Document] = {}
    for pool in record["properties"].get("agentPoolProfiles") or []:
        for index in range(pool.get("count") or 1):
            node = _node(record, pool, index, len(wanted))
            wanted[node["metadata"]["name"]] = node
    for node in objects.list("nodes"):
        if node["metadata"]["name"] not in wanted:
            objects.delete("nodes", "", node["metadata"]["name"])
    for name, node in wanted.items():
        existing = objects.find("nodes", "", name)
        if existing is None:
            objects.create("nodes", node)
            continue
        changed = copy.deepcopy(existing)
        changed["status"]["nodeInfo"] = node["status"]["nodeInfo"]
        changed["metadata"]["labels"] = existing["metadata"].get("labels", {}) | node["metadata"]["labels"]
        objects.update("nodes", changed)


def _node(record: Document, pool: Document, index: int, position: int) -> Document:
    pool_name, size = pool.get("name", "nodepool1"), pool.get("vmSize") or "Standard_D4s_v5"
    digits = zlib.crc32(record["uid"].encode()) % 10**8
    name = f"aks-{pool_name}-{digits:08d}-vmss{index:06x}"
    location = record["properties"].get("location") or record.get("location") or "westeurope"
    cores = int(found.group()) if (found := re.search(r"\d+", size)) else 4
    capacity = {
        "cpu": str(cores), "ephemeral-storage": "129886128Ki", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
        "memory": f"{cores * 4 * 1024 * 1024}Ki", "pods": str(pool.get("maxPods") or 250),
    }  # fmt: skip
    now = timestamp()
    conditions = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]
    labels = {
        "agentpool": pool_name,
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": size,
        "beta.kubernetes.io/os": "linux",
        "failure-domain.beta.kubernetes.io/region": location,
        "kubernetes.azure.com/agentpool": pool_name,
        "kubernetes.azure.com/cluster": f"MC_{record['group']}_{record['name']}_{location}",
        "kubernetes.azure.com/mode": (pool.get("mode") or "System").lower(),
        "kubernetes.azure.com/role": "agent",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": size,
        "topology.kubernetes.io/region": location,
    } | (pool.get("nodeLabels") or {})
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"podCIDR": f"10.244.{position}.0/24", "podCIDRs": [f"10.244.{position}.0/24"]},
        "status": {
            "addresses": [
                {"type": "InternalIP", "address": f"10.224.0.{position + 4}"},
                {"type": "Hostname", "address": name},
            ],
            "allocatable": capacity,
            "capacity": capacity,
            "conditions": [
                {
                    "type": type, "status": status, "reason": reason, "message": message,
                    "lastHeartbeatTime": now, "lastTransitionTime": now,
                }
                for type, status, reason, message in conditions
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {
                "architecture": "amd64", "bootID": "", "containerRuntimeVersion": "containerd://2.0.0",
                "kernelVersion": "6.8.0-azure", "kubeProxyVersion": "", "machineID": "",
                "kubeletVersion": f"v{record['version']}", "operatingSystem": "linux",
                "osImage": "Ubuntu 24.04 LTS", "systemUUID": "",
            },
        },
    }  # fmt: skip
