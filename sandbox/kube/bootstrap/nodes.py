"""A cluster's nodes: as many as its agent pools have, named, sized and labelled as AKS does."""

import copy
import re
import zlib

from sandbox.kube.objects import Objects, timestamp
from sandbox.store import Document


def align(objects: Objects, record: Document) -> None:
    """Make the nodes follow the agent pools: counts, versions, labels."""
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
