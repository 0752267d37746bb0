"""The kubelets: they take each pod of their node from its first mount to its end."""

from collections.abc import Iterable

from sandbox.acr.images import Image
from sandbox.containers.command import CannotStart
from sandbox.controllers import events, image_pulls, mounts, one_off, pod_status, programs
from sandbox.controllers.controller import Cluster, Controller, Key, key_of
from sandbox.controllers.pod_life import Life, command, ends
from sandbox.controllers.pod_processes import PodProcesses
from sandbox.kube import logs
from sandbox.kube.objects import Event, timestamp
from sandbox.store import Document

SOURCE = "kubelet"
#: Azure's seconds from a bound pod to its first container, of an init container's work, of a one-off program's.
SET_UP_S, INIT_S, ONE_OFF_S = 1.0, 1.0, 4.0
#: How often to look again at something that is not there yet: Azure's seconds, and at least.
MISSING_S, LEAST_MISSING_S = 10.0, 0.5
#: Seconds until the next look at a pod with processes: while one is not ready, and otherwise.
SOON_S, LATER_S = 0.1, 0.25
#: How often the files of a pod's volumes are brought up to date: Azure's seconds, and at least.
VOLUMES_S, LEAST_VOLUMES_S = 60.0, 5.0


class Kubelets(Controller):
    primary = "pods"
    others = frozenset({"secrets", "configmaps", "persistentvolumeclaims"})

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._lives: dict[Key, Life] = {}
        self._on_node: set[tuple[str, str]] = set()

    def concerned(self, event: Event) -> Iterable[Key]:
        """Pods of the namespace that do not run yet may have waited for it."""
        namespace = event.object["metadata"].get("namespace") or ""
        pods = self.objects.list("pods", namespace)
        return [key_of(pod) for pod in pods if (pod.get("status") or {}).get("phase") == "Pending"]

    async def reconcile(self, namespace: str, name: str) -> float | None:
        pod = self.objects.find("pods", namespace, name)
        if pod is None:
            self._end(namespace, name)
            return None
        node_name = pod["spec"].get("nodeName")
        over = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
        node = self.objects.find("nodes", "", node_name) if node_name else None
        if node is None or over or "deletionTimestamp" in pod["metadata"]:
            return None
        life = self._lives.get((namespace, name))
        if life is None or life.pod["metadata"]["uid"] != pod["metadata"]["uid"]:
            self._dismiss(life)
            life = Life(pod)
        life.pod = pod
        self._lives[namespace, name] = life
        return self._advance(life, node)

    def _end(self, namespace: str, name: str) -> None:
        life = self._lives.pop((namespace, name), None)
        self._dismiss(life)
        if life:
            for container in life.pod["spec"]["containers"]:
                if "running" in pod_status.state_of(life.pod, container["name"]):
                    self._say(life, container, "Normal", "Killing", f"Stopping container {container['name']}")
        logs.forget(self.world, self.cluster.uid, namespace, name)

    def _dismiss(self, life: Life | None) -> None:
        if life and life.processes:
            life.processes.close()

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            for life in self._lives.values():
                self._dismiss(life)

    # --- one pod

    def _advance(self, life: Life, node: Document) -> float | None:
        """Do the next thing for a pod and write its status. Returns the seconds until there is more to do."""
        pod = life.pod
        spec, uid = pod["spec"], pod["metadata"]["uid"]
        states = self._first_states(pod)
        self._recall(life, states)
        setting_up = self.remaining_s((uid, "set up"), SET_UP_S)
        begun = any("waiting" not in state for state in states.values())
        lack = None if begun else mounts.lacking_volume(self.cluster, pod)
        if lack or setting_up:
            if lack and not setting_up and self.due((uid, lack.message), MISSING_S, LEAST_MISSING_S):
                events.record(self.cluster, pod, "Warning", "FailedMount", lack.message, SOURCE)
            self._write(life, node, states, ready=False)
            return setting_up or self._again_s()
        for container in spec.get("initContainers") or []:
            wait = self._initial(life, container, states)
            if wait is not None:
                self._write(life, node, states, ready=False)
                return wait
        waits = [self._start(life, container, states) for container in spec["containers"]]
        pending = [wait for wait in waits if wait is not None]
        if pending:
            self._write(life, node, states, ready=False)
            return min(pending)
        return self._running(life, node, states)

    def _first_states(self, pod: Document) -> dict[str, Document]:
        spec, states = pod["spec"], {}
        reason = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
        for field_name, init in (("initContainers", True), ("containers", False)):
            for container in spec.get(field_name) or []:
                name = container["name"]
                states[name] = pod_status.state_of(pod, name, init) or pod_status.waiting(reason)
        return states

    def _recall(self, life: Life, states: dict[str, Document]) -> None:
        """Set the states of processes that have ended since the last look, or with the last sandbox."""
        spec = life.pod["spec"]
        always = spec.get("restartPolicy", "Always")
        for field_name, init in (("initContainers", True), ("containers", False)):
            for container in spec.get(field_name) or []:
                name = container["name"]
                if "running" not in states[name]:
                    continue
                if name not in life.images:  # the sandbox was started anew
                    life.images[name] = image_pulls.pull_local(self.cluster, container)
                if life.images[name].root is None:
                    continue
                life.processes = life.processes or PodProcesses(self.cluster, life.pod)
                process = life.processes.find(name)
                if process is None:
                    states[name] = life.processes.lost(name, states[name])
                elif process.exit_code is not None:
                    policy = "OnFailure" if init and always == "Always" else always
                    states[name] = self._judged(life, container, policy)

    def _judged(self, life: Life, container: Document, policy: str) -> Document:
        """The state of a container whose process has ended."""
        name, processes = container["name"], life.processes
        process = processes.find(name) if processes else None
        assert processes and process and process.exit_code is not None
        if policy == "Never" or (policy == "OnFailure" and process.exit_code == 0):
            return processes.ended(name)
        state = processes.failed(name, process.exit_code, process.started)
        if state["waiting"]["reason"] == "CrashLoopBackOff":
            self._backs_off(life, container)
        return state

    def _backs_off(self, life: Life, container: Document) -> None:
        metadata = life.pod["metadata"]
        shown = f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"
        said = f"Back-off restarting failed container {container['name']} in pod {shown}"
        self._say(life, container, "Warning", "BackOff", said)

    def _initial(self, life: Life, container: Document, states: dict[str, Document]) -> float | None:
        """Take an init container on. None once it has ended well."""
        name, uid = container["name"], life.pod["metadata"]["uid"]
        if "terminated" in states[name]:
            return None
        wait = self._start(life, container, states)
        if wait is not None:
            return wait
        if life.processes and life.processes.runs(name):
            return SOON_S
        left = self.remaining_s((uid, name, "init"), INIT_S)
        if left:
            return left
        started = states[name]["running"]["startedAt"]
        code = programs.exit_code(container)
        states[name] = pod_status.terminated(code, started, pod_status.container_id(life.pod, name))
        return None if code == 0 else self._again_s()

    def _start(self, life: Life, container: Document, states: dict[str, Document]) -> float | None:
        """Take a container towards running. None once it runs (or has ended)."""
        name, pod = container["name"], life.pod
        if "waiting" not in states[name]:
            return None
        if life.processes and (left := life.processes.backing_off_s(name)):
            return left
        lack = mounts.lacking_environment(self.cluster, pod, container)
        if lack:
            states[name] = pod_status.waiting("CreateContainerConfigError", lack.message)
            self._say(life, container, "Warning", "Failed", f"Error: {lack.message}")
            return self._again_s()
        wait = self._pull(life, container, states)
        if wait is not None:
            return wait
        self._say(life, container, "Normal", "Created", f"Created container: {name}")
        image = life.images[name]
        if image.root is not None:
            return self._run(life, container, image, states)
        states[name] = pod_status.running()
        self._say(life, container, "Normal", "Started", f"Started container {name}")
        if not (ends(pod) and programs.written(container)):  # a log that is known to the line has no other
            self._log(pod, name, programs.greeting(container, command(life.images.get(name)), timestamp()))
        return None

    def _run(self, life: Life, container: Document, image: Image, states: dict[str, Document]) -> float | None:
        """Start the process of an image that was built here. None once it runs."""
        name, pod = container["name"], life.pod
        life.processes = life.processes or PodProcesses(self.cluster, pod)
        try:
            life.processes.start(pod, container, image, lambda text: self._log(pod, name, text))
        except CannotStart as error:
            states[name] = life.processes.failed(name, 128, timestamp(), "StartError", str(error))
            self._say(life, container, "Warning", "Failed", f"Error: {error}")
            self._backs_off(life, container)
            return life.processes.backing_off_s(name)
        states[name] = pod_status.running()
        self._say(life, container, "Normal", "Started", f"Started container {name}")
        return None

    def _pull(self, life: Life, container: Document, states: dict[str, Document]) -> float | None:
        """Bring a container's image on the node. None once it is there."""
        name, image, uid = container["name"], container["image"], life.pod["metadata"]["uid"]
        here = (life.pod["spec"]["nodeName"], image)
        if name in life.images:
            return None
        backing_off = (uid, name, "back-off")
        if name in life.refusals and self.begun(backing_off):
            failures = life.failures[name]
            left = self.remaining_s(backing_off, 0, image_pulls.backoff_s(self.cluster, failures))
            if left:
                said = f'Back-off pulling image "{image}"'
                states[name] = pod_status.waiting("ImagePullBackOff", f"{said}: ErrImagePull: {life.refusals[name]}")
                if self.due((uid, name, failures), MISSING_S, image_pulls.MOST_LEAST_BACKOFF_S):
                    self._say(life, container, "Normal", "BackOff", said)
                    self._say(life, container, "Warning", "Failed", "Error: ImagePullBackOff")
                return left
            self.forget(backing_off, (uid, name, "pull"))
        if here in self._on_node and container.get("imagePullPolicy") != "Always":
            self._say(life, container, "Normal", "Pulled", f'Container image "{image}" already present on machine')
            life.images[name] = image_pulls.pull_local(self.cluster, container)
            return None
        if not self.begun((uid, name, "pull")):
            self._say(life, container, "Normal", "Pulling", f'Pulling image "{image}"')
        left = self.remaining_s((uid, name, "pull"), image_pulls.PULL_S)
        if left:
            return left
        pulled = image_pulls.pull(self.cluster, container)
        if isinstance(pulled, image_pulls.Refusal):
            return self._refused(life, container, states, pulled.message)
        life.images[name] = pulled
        life.refusals.pop(name, None)
        self._on_node.add(here)
        took = f"{self.world.pace.scaled(image_pulls.PULL_S) * 1000 + 1:.0f}ms"
        message = f'Successfully pulled image "{image}" in {took} ({took} including waiting)'
        self._say(life, container, "Normal", "Pulled", message)
        return None

    def _refused(self, life: Life, container: Document, states: dict[str, Document], message: str) -> float:
        name = container["name"]
        life.failures[name] = life.failures.get(name, 0) + 1
        life.refusals[name] = message
        states[name] = pod_status.waiting("ErrImagePull", message)
        self._say(life, container, "Warning", "Failed", f'Failed to pull image "{container["image"]}": {message}')
        self._say(life, container, "Warning", "Failed", "Error: ErrImagePull")
        least = image_pulls.backoff_s(self.cluster, life.failures[name])
        self.remaining_s((life.pod["metadata"]["uid"], name, "back-off"), 0, least)
        return min(0.2, least)  # soon seen as ImagePullBackOff

    def _running(self, life: Life, node: Document, states: dict[str, Document]) -> float | None:
        """All containers have started: wait until they are ready, or until their work is done."""
        pod, spec = life.pod, life.pod["spec"]
        uid = pod["metadata"]["uid"]
        if life.processes:
            return self._processing(life, life.processes, node, states)
        if spec.get("restartPolicy", "Always") != "Always" and ends(pod):
            return self._one_off(life, node, states)
        wait = self.remaining_s((uid, "ready"), max(map(programs.readiness_s, spec["containers"])))
        self._write(life, node, states, ready=not wait)
        return wait or None

    def _processing(
        self, life: Life, processes: PodProcesses, node: Document, states: dict[str, Document]
    ) -> float | None:
        """All containers have started, processes among them: ready once all probes pass; over once all have ended."""
        uid, containers = life.pod["metadata"]["uid"], life.pod["spec"]["containers"]
        ended = [states[one["name"]]["terminated"] for one in containers if "terminated" in states[one["name"]]]
        if len(ended) == len(containers):
            failed = any(one["exitCode"] for one in ended)
            self._write(life, node, states, ready=False, phase="Failed" if failed else "Succeeded")
            return None
        played = [one for one in containers if processes.find(one["name"]) is None]
        wait = self.remaining_s((uid, "ready"), max(map(programs.readiness_s, played), default=0.0))
        unready = processes.unready()
        for process in unready:
            container = next(one for one in containers if one["name"] == process.name)
            if process.unhealthy and self.due((uid, process.name, "unhealthy"), MISSING_S, MISSING_S):
                said = f"Readiness probe failed: {process.unhealthy}"
                self._say(life, container, "Warning", "Unhealthy", said)
        if self.due((uid, "volumes"), VOLUMES_S, LEAST_VOLUMES_S):
            processes.refresh()
        self._write(life, node, states, ready=not (wait or unready or ended))
        return SOON_S if wait or unready else LATER_S

    def _one_off(self, life: Life, node: Document, states: dict[str, Document]) -> float | None:
        """A pod that ends: its containers run for a while, then say how it went."""
        pod = life.pod
        left = self.remaining_s((pod["metadata"]["uid"], "work"), ONE_OFF_S)
        codes = {} if left else {c["name"]: one_off.finish(self.cluster, pod, c) for c in pod["spec"]["containers"]}
        if left or None in codes.values():
            self._write(life, node, states, ready=True)
            return left or self._again_s()
        for container in pod["spec"]["containers"]:
            name = container["name"]
            for line in programs.written(container):
                self._log(pod, name, line)
            started = states[name].get("running", {}).get("startedAt", timestamp())
            states[name] = pod_status.terminated(codes[name] or 0, started, pod_status.container_id(pod, name))
        self._write(life, node, states, ready=False, phase="Failed" if any(codes.values()) else "Succeeded")
        return None

    # --- saying

    def _write(self, life: Life, node: Document, states: dict[str, Document], *, ready: bool, phase: str = "") -> None:
        pod = life.pod
        processes = life.processes
        lasts, restarted = (processes.ends, sorted(processes.restarted)) if processes else ({}, [])
        names = [one["name"] for one in pod["spec"]["containers"]]
        told = states, ready, phase, sorted(life.images)
        if not restarted and life.told == (pod["metadata"]["resourceVersion"], *told):
            return  # nothing is new: pods with processes are looked at several times a second
        begun = all("waiting" not in states[name] or name in lasts for name in names)
        addresses = {one["type"]: one["address"] for one in node["status"]["addresses"]}
        host_ip = addresses.get("InternalIP", "")
        host = pod["spec"].get("hostNetwork")
        own_ip = host_ip if host else pod_status.address(node, pod["metadata"]["uid"])
        status = pod_status.described(
            pod, states, ready, phase=phase or ("Running" if begun else "Pending"), host_ip=host_ip,
            pod_ip=own_ip if any("waiting" not in state for state in states.values()) else "",
            image_ids={name: image.digest and f"{image.reference.partition(':')[0]}@{image.digest}"
                       for name, image in life.images.items()},
            ends=lasts, restarted=restarted,
        )  # fmt: skip
        life.pod = self.tell(pod, status)
        life.told = life.pod["metadata"]["resourceVersion"], *told
        if processes:
            processes.restarted.clear()

    def _again_s(self) -> float:
        return max(LEAST_MISSING_S, self.world.pace.scaled(MISSING_S))

    def _say(self, life: Life, container: Document, type: str, reason: str, message: str) -> None:
        initial = any(one["name"] == container["name"] for one in life.pod["spec"].get("initContainers") or [])
        part = f"spec.{'initContainers' if initial else 'containers'}{{{container['name']}}}"
        events.record(self.cluster, life.pod, type, reason, message, SOURCE, part)

    def _log(self, pod: Document, container: str, text: str) -> None:
        logs.append(self.world, self.cluster.uid, *key_of(pod), container, text)
