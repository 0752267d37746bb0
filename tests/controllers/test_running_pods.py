"""Pods of images that were built here: processes with the container's environment, log, readiness and end."""

import asyncio
import base64
import time
from pathlib import Path

import httpx
import jwt
import pytest
from live_cluster import Live
from running_images import app, build, get, log_of, ready_pod, run, status_of, url

from sandbox.containers import container, volumes
from sandbox.controllers import conditions, kubelet, routes
from sandbox.home import Home
from sandbox.world import World


def test_a_pod_runs_its_image(world: World) -> None:
    async def scenario(live: Live) -> None:
        live.create(
            "apps/deployments", app("web", build(live, "web"), env=[{"name": "WHO", "value": "$(GREETING) you"}])
        )
        pod = await ready_pod(live, "web")
        env = (await get(url(live, pod, "/env"))).json()
        assert (env["GREETING"], env["WHO"], env["HOSTNAME"]) == ("hello", "hello you", pod["metadata"]["name"])
        assert env["REQUESTS_CA_BUNDLE"].endswith("ca-bundle.pem")
        assert "AZURE_CLIENT_ID" not in env
        assert log_of(live, pod) == [f"listening {env['PORT']}"]
        assert live.events("Started") == ["Started container web"]

    run(scenario, world)


def test_readiness_is_asked_of_the_process(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "READY_PROBE_S", 0.1)

    async def scenario(live: Live) -> None:
        live.create("apps/deployments", app("web", build(live, "web")))
        pod = await ready_pod(live, "web")
        ill = Path((await get(url(live, pod, "/env"))).json()["HOME"]) / "ill"
        ill.touch()
        place = pod["metadata"]["namespace"], pod["metadata"]["name"]
        await live.until(lambda: not conditions.is_true(live.objects.find("pods", *place), "Ready"))
        said = "Readiness probe failed: HTTP probe failed with statuscode: 500"
        await live.until(lambda: said in live.events("Unhealthy"))
        assert world.pods.find(pod["metadata"]["uid"])
        ill.unlink()
        await ready_pod(live, "web")
        assert status_of(live, "web")["restartCount"] == 0

    run(scenario, world)


def test_a_process_that_ends_is_started_again_with_more_and_more_patience(world: World) -> None:
    async def scenario(live: Live) -> None:
        image = build(live, "crash", "print('about to end', flush=True)\nraise SystemExit(3)\n")
        live.create("apps/deployments", app("crash", image))

        def waiting() -> bool:
            status = status_of(live, "crash")
            return status["restartCount"] >= 2 and "CrashLoopBackOff" in str(status["state"])

        await live.until(waiting, 20)
        status = status_of(live, "crash")
        assert (
            status["lastState"]["terminated"] | {"exitCode": 3, "reason": "Error"} == status["lastState"]["terminated"]
        )
        assert status["state"]["waiting"]["message"].startswith(
            "back-off 20s restarting failed container=crash pod=crash-"
        )
        assert live.events("BackOff")[0].startswith("Back-off restarting failed container crash in pod crash-")
        pod = live.objects.list("pods", "default")[0]
        assert pod["status"]["phase"] == "Running"
        assert log_of(live, pod).count("about to end") >= 3

    run(scenario, world)


def test_a_command_that_is_nowhere_cannot_start(world: World) -> None:
    async def scenario(live: Live) -> None:
        live.create("apps/deployments", app("web", build(live, "web"), command=["no-such-program"]))
        await live.until(lambda: live.events("BackOff"))
        ended = status_of(live, "web")["lastState"]["terminated"]
        assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
        assert 'exec: "no-such-program": executable file not found in $PATH' in ended["message"]

    run(scenario, world)


def test_deletion_asks_then_kills(world: World) -> None:
    async def scenario(live: Live) -> None:
        ignoring = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        stubborn = f"{ignoring}print('on', flush=True)\ntime.sleep(99)"
        images = {"polite": build(live, "polite"), "stubborn": build(live, "stubborn", stubborn)}
        for name, image in images.items():
            made = app(name, image)
            del made["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
            made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 1
            live.create("apps/deployments", made)
        pods = {name: await ready_pod(live, name) for name in images}
        running_pods = {name: world.pods.find(pod["metadata"]["uid"]) for name, pod in pods.items()}
        await live.until(lambda: all(log_of(live, pod) for pod in pods.values()))
        began = asyncio.get_running_loop().time()
        for name, pod in pods.items():
            live.objects.delete("apps/deployments", "default", name)
            await live.until(lambda pod=pod: not live.objects.find("pods", "default", pod["metadata"]["name"]))
        codes = {}
        for name, found in running_pods.items():
            await found.containers[name].process.ended
            codes[name] = found.containers[name].exit_code, asyncio.get_running_loop().time() - began >= 1.9
        assert codes == {"polite": (0, False), "stubborn": (137, True)}
        await live.until(lambda: not list(Home(world.home).pods.iterdir()))

    run(scenario, world)


def test_the_token_is_a_file_that_is_replaced_in_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubelet, "LEAST_VOLUMES_S", 0.1)

    async def scenario(live: Live) -> None:
        live.account("web", "11111111-1111-1111-1111-111111111111")
        made = app("web", build(live, "web"))
        made["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] = "true"
        made["spec"]["template"]["spec"]["serviceAccountName"] = "web"
        live.create("apps/deployments", made)
        pod = await ready_pod(live, "web")
        env = (await get(url(live, pod, "/env"))).json()
        assert env["AZURE_CLIENT_ID"] == "11111111-1111-1111-1111-111111111111"
        file = Path(env["AZURE_FEDERATED_TOKEN_FILE"])
        assert file.is_relative_to(world.home) and file.stat().st_mode & 0o777 == 0o600
        first = file.read_text()
        claims = jwt.decode(first, options={"verify_signature": False})
        assert (claims["sub"], claims["aud"]) == ("system:serviceaccount:default:web", ["api://AzureADTokenExchange"])
        await asyncio.sleep(0.3)
        assert file.read_text() == first
        later = time.time() + 3600 * volumes.RENEWED_AFTER + 1
        monkeypatch.setattr(volumes.time, "time", lambda: later)
        await live.until(lambda: file.read_text() != first)

    run(scenario, world)


def test_secrets_and_config_maps_are_files_and_variables(world: World) -> None:
    async def scenario(live: Live) -> None:
        encoded = base64.b64encode(b"s3cret").decode()
        place = {"name": "kept", "namespace": "default"}
        live.create("secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": place, "data": {"word": encoded}})
        live.create(
            "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": place, "data": {"COLOUR": "red"}}
        )
        made = app(
            "web", build(live, "web"), volumeMounts=[{"name": "kept", "mountPath": "/etc/kept"}],
            env=[
                {"name": "WORD_FILE", "value": "/etc/kept/word"},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "WORD", "valueFrom": {"secretKeyRef": {"name": "kept", "key": "word"}}},
            ],
            envFrom=[{"configMapRef": {"name": "kept"}, "prefix": "A_"}],
        )  # fmt: skip
        made["spec"]["template"]["spec"]["volumes"] = [{"name": "kept", "secret": {"secretName": "kept"}}]
        live.create("apps/deployments", made)
        pod = await ready_pod(live, "web")
        env = (await get(url(live, pod, "/env"))).json()
        assert (env["WORD"], env["A_COLOUR"], env["POD"]) == ("s3cret", "red", pod["metadata"]["name"])
        assert Path(env["WORD_FILE"]).read_text() == "s3cret"

    run(scenario, world)


def test_a_job_ends_as_its_process_does(world: World) -> None:
    async def scenario(live: Live) -> None:
        for name, code in (("well", 0), ("badly", 4)):
            image = build(live, name, f"raise SystemExit({code})")
            spec = {"restartPolicy": "Never", "containers": [{"name": name, "image": image}]}
            live.create(
                "pods",
                {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec},
            )

        def phase(name: str) -> str:
            return (live.objects.get("pods", "default", name).get("status") or {}).get("phase", "")

        await live.until(lambda: (phase("well"), phase("badly")) == ("Succeeded", "Failed"))
        state = live.objects.get("pods", "default", "badly")["status"]["containerStatuses"][0]["state"]
        assert state["terminated"]["exitCode"] == 4

    run(scenario, world)


def test_processes_are_started_again_with_the_sandbox(world: World) -> None:
    async def scenario(live: Live) -> None:
        live.create("apps/deployments", app("web", build(live, "web")))
        pod = await ready_pod(live, "web")
        old = url(live, pod)
        for task in live.tasks:
            task.cancel()
        await asyncio.gather(*live.tasks, return_exceptions=True)
        await world.pods.close()
        with pytest.raises(httpx.ConnectError):
            await get(old)
        live.tasks += [asyncio.create_task(one) for one in routes.background(world)]
        await live.until(lambda: world.pods.find(pod["metadata"]["uid"]))
        await live.until(lambda: status_of(live, "web")["restartCount"] == 1)
        again = await ready_pod(live, "web")
        assert again["metadata"]["name"] == pod["metadata"]["name"]
        assert status_of(live, "web")["lastState"]["terminated"]["reason"] == "Unknown"
        assert (await get(url(live, again))).text == "ok"

    run(scenario, world)
