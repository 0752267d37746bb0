"""What goes to pods: Services by name between them, network policies, and the ingress with its certificates."""

import base64
import contextlib
import datetime
import ssl
from typing import Any

import httpx
import pytest
from live_cluster import Live
from running_images import app, build, get, ready_pod, run, url

from sandbox.controllers.cert_manager import acme
from sandbox.traffic import routing, services
from sandbox.world import World

STAGING = "https://acme-staging-v02.api.letsencrypt.org/directory"
ENFORCED = {"networkProfile": {"networkPolicy": "cilium"}}


def service(name: str, namespace: str = "default") -> dict[str, Any]:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"app": name}, "ports": ports},
    }  # fmt: skip


def policy(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}, **spec},
        "metadata": {"name": name, "namespace": "default"},
    }  # fmt: skip


async def two_pods(live: Live) -> dict[str, Any]:
    """The pods ``back``, with a Service, and ``front``; returns front."""
    image = build(live, "web")
    live.create("services", service("back"))
    for name in ("back", "front"):
        live.create("apps/deployments", app(name, image))
    await ready_pod(live, "back")
    return await ready_pod(live, "front")


def test_services_are_reached_by_name(world: World) -> None:
    async def scenario(live: Live) -> None:
        front = await two_pods(live)
        for host in ("back", "back.default", "back.default.svc", "back.default.svc.cluster.local", "back:80"):
            answer = await get(url(live, front, f"/ask/http://{host}/env"))
            assert (answer.status_code, answer.json()["HOSTNAME"][:5]) == (200, "back-"), host
        assert (await get(url(live, front, "/ask/http://back:8080/"))).status_code == 503
        missing = await get(url(live, front, "/ask/http://nobody/"))
        assert (missing.status_code, missing.text) == (502, "dial tcp: lookup nobody: no such host\n")

        live.objects.edit("apps/deployments", "default", "back", lambda one: one["spec"].update(replicas=0))
        await live.until(lambda: not live.objects.find("endpoints", "default", "back").get("subsets"))
        gone = await get(url(live, front, "/ask/http://back/"))
        assert (gone.status_code, "no ready endpoint" in gone.text) == (503, True)

    run(scenario, world)


def test_the_proxy_is_for_pods_alone(world: World) -> None:
    async def scenario(live: Live) -> None:
        front = await two_pods(live)
        env = (await get(url(live, front, "/env"))).json()
        proxy = httpx.URL(env["HTTP_PROXY"])
        stranger = proxy.copy_with(password="guessed")
        for address, status in ((proxy, 200), (stranger, 407), (proxy.copy_with(username="", password=""), 407)):
            async with httpx.AsyncClient(proxy=str(address), trust_env=False) as client:
                assert (await client.get("http://back/")).status_code == status

    run(scenario, world)


def test_policies_decide_who_reaches_whom(world: World) -> None:
    async def scenario(live: Live) -> None:
        front = await two_pods(live)

        async def asked() -> tuple[int, str]:
            answer = await get(url(live, front, "/ask/http://back/"))
            return answer.status_code, answer.text

        assert await asked() == (200, "ok")
        live.create("networking.k8s.io/networkpolicies", policy("deny", policyTypes=["Ingress", "Egress"]))
        status, text = await asked()
        assert (status, "port 53 is not allowed by its network policies (deny)" in text) == (403, True)

        dns = [{"ports": [{"port": 53, "protocol": "UDP"}]}]
        live.create("networking.k8s.io/networkpolicies", policy("names", policyTypes=["Egress"], egress=dns))
        status, text = await asked()
        assert (status, text.startswith("egress from default/front-")) == (403, True)

        to_back = [{"to": [{"podSelector": {"matchLabels": {"app": "back"}}}], "ports": [{"port": "http"}]}]
        live.create("networking.k8s.io/networkpolicies", policy("out", policyTypes=["Egress"], egress=to_back))
        status, text = await asked()
        assert (status, text.startswith("ingress to default/back-")) == (403, True)

        wrong = [{"from": [{"podSelector": {"matchLabels": {"app": "front"}}}], "ports": [{"port": 9090}]}]
        live.create("networking.k8s.io/networkpolicies", policy("in", policyTypes=["Ingress"], ingress=wrong))
        assert (await asked())[0] == 403

        def mend(document: dict[str, Any]) -> None:
            document["spec"]["ingress"][0]["ports"] = [{"port": 8080}]

        live.objects.edit("networking.k8s.io/networkpolicies", "default", "in", mend)
        assert await asked() == (200, "ok")

    run(scenario, world, **ENFORCED)


# --- ingress


def ingress(name: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "namespace": "default"},
        "spec": {"ingressClassName": "traefik", **spec},
    }  # fmt: skip


def rule(host: str, *paths: tuple[str, str, str]) -> dict[str, Any]:
    """``paths``: (path, type, service)."""
    made = [
        {"path": path, "pathType": type, "backend": {"service": {"name": name, "port": {"name": "http"}}}}
        for path, type, name in paths
    ]
    return {"host": host, "http": {"paths": made}}


def tls_secret(live: Live, name: str, host: str) -> None:
    """A certificate of the staging authority in a Secret."""
    key = acme.new_key()
    chain = acme.sign(live.world, STAGING, acme.request(key, [host]))
    data = {"tls.crt": chain, "tls.key": acme.key_pem(key)}
    live.create(
        "secrets",
        {
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": name, "namespace": "default"},
            "data": {field: base64.b64encode(value).decode() for field, value in data.items()},
        },
    )  # fmt: skip


async def traefik(live: Live) -> None:
    """The controller's class and its pod, which is played."""
    live.create(
        "networking.k8s.io/ingressclasses",
        {
            "apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "traefik"},
            "spec": {"controller": "traefik.io/ingress-controller"},
        },
    )  # fmt: skip
    live.namespace("traefik")
    await live.until(lambda: live.objects.find("serviceaccounts", "traefik", "default"))
    container = {"name": "traefik", "image": "docker.io/traefik:v3.7.1"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "traefik", "namespace": "traefik"}}
    live.create("pods", {**pod, "spec": {"containers": [container]}})


async def outside(live: Live, host: str, path: str = "/", name: str = "") -> httpx.Response:
    """A request from outside, to loopback, as a client that trusts the sandbox and Let's Encrypt's staging."""
    port = await live.until(lambda: live.world.listeners.opened("ingress"))
    trust = ssl.create_default_context(cafile=live.world.home / "tls" / "ca.pem")
    trust.load_verify_locations(live.world.home / "tls" / "letsencrypt-staging.pem")
    async with httpx.AsyncClient(trust_env=False, verify=trust) as client:
        request = client.build_request("GET", f"https://127.0.0.1:{port}{path}", headers={"host": f"{host}:{port}"})
        request.extensions["sni_hostname"] = name or host
        return await client.send(request)


def test_the_ingress_shows_the_certificate_of_the_host_and_routes(world: World) -> None:
    async def scenario(live: Live) -> None:
        image = build(live, "web")
        for name in ("web", "api", "rest"):
            live.create("services", service(name))
            live.create("apps/deployments", app(name, image))
            await ready_pod(live, name)
        await traefik(live)
        tls_secret(live, "web-tls", "web.contoso.localhost")
        live.create(
            "networking.k8s.io/ingresses",
            ingress(
                "web", tls=[{"hosts": ["web.contoso.localhost"], "secretName": "web-tls"}],
                rules=[rule("web.contoso.localhost", ("/", "Prefix", "web"), ("/env", "Exact", "api"))],
            ),
        )  # fmt: skip
        backend = {"service": {"name": "rest", "port": {"number": 80}}}
        live.create("networking.k8s.io/ingresses", ingress("rest", defaultBackend=backend))

        seen = (await outside(live, "web.contoso.localhost", "/headers")).json()
        assert (seen["x-forwarded-proto"], seen["x-forwarded-for"]) == ("https", "127.0.0.1")
        assert seen["host"] == seen["x-forwarded-host"] == f"web.contoso.localhost:{seen['x-forwarded-port']}"
        assert (await outside(live, "web.contoso.localhost", "/env")).json()["HOSTNAME"].startswith("api-")
        other = await outside(live, "other.localhost", "/env", name="localhost")  # the sandbox's own certificate
        assert other.json()["HOSTNAME"].startswith("rest-")
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await outside(live, "web.example.org")

        live.objects.edit("apps/deployments", "default", "web", lambda one: one["spec"].update(replicas=0))
        await live.until(lambda: not live.objects.find("endpoints", "default", "web").get("subsets"))
        gone = await outside(live, "web.contoso.localhost")
        assert (gone.status_code, gone.text) == (503, "no available server\n")
        live.objects.delete("networking.k8s.io/ingresses", "default", "rest")
        assert (await outside(live, "other.localhost", name="localhost")).text == "404 page not found\n"

    run(scenario, world)


def test_the_ingress_obeys_policies(world: World) -> None:
    async def scenario(live: Live) -> None:
        live.create("services", service("web"))
        live.create("apps/deployments", app("web", build(live, "web")))
        await ready_pod(live, "web")
        await traefik(live)
        live.create(
            "networking.k8s.io/ingresses", ingress("web", rules=[rule("web.localhost", ("/", "Prefix", "web"))])
        )
        assert (await outside(live, "web.localhost", name="localhost")).text == "ok"
        live.create("networking.k8s.io/networkpolicies", policy("deny", policyTypes=["Ingress"]))
        refused = await outside(live, "web.localhost", name="localhost")
        assert (refused.status_code, refused.text) == (504, "Gateway Timeout")
        assert "ingress to default/web-" in refused.headers["x-sandbox-reason"]
        name = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "traefik"}}}
        allowed = policy("in", policyTypes=["Ingress"], ingress=[{"from": [name], "ports": [{"port": 8080}]}])
        live.create("networking.k8s.io/networkpolicies", allowed)
        assert (await outside(live, "web.localhost", name="localhost")).text == "ok"

    run(scenario, world, **ENFORCED)


def test_the_authorities_are_published_and_hold_for_strict_clients(world: World) -> None:
    async def scenario(live: Live) -> None:
        folder = world.home / "tls"
        for name in ("staging", "production"):
            assert (folder / f"letsencrypt-{name}.pem").read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        tls_secret(live, "strict", "strict.localhost")
        held = live.objects.get("secrets", "default", "strict")["data"]
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = world.home / "strict.pem"
        file.write_bytes(base64.b64decode(held["tls.key"]) + base64.b64decode(held["tls.crt"]))
        server.load_cert_chain(file)
        client = ssl.create_default_context(cafile=folder / "letsencrypt-staging.pem")
        client.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
        ends = [ssl.MemoryBIO() for _ in range(4)]
        left = client.wrap_bio(ends[0], ends[1], server_hostname="strict.localhost")
        right = server.wrap_bio(ends[2], ends[3], server_side=True)
        for _ in range(4):
            for side, out, into in ((left, ends[1], ends[2]), (right, ends[3], ends[0])):
                with contextlib.suppress(ssl.SSLWantReadError):
                    side.do_handshake()
                into.write(out.read())
        until = ssl.cert_time_to_seconds(left.getpeercert()["notAfter"])
        assert until > datetime.datetime.now().timestamp()

    run(scenario, world)


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("web", ("here", "web")), ("web.there", ("there", "web")), ("web.there.svc", ("there", "web")),
        ("web.there.svc.cluster.local.", ("there", "web")), ("graph.microsoft.com", None), ("a.b.c.d", None),
    ],
)  # fmt: skip
def test_names_of_services(host: str, place: tuple[str, str] | None) -> None:
    assert services.place_of(host, "here") == place


@pytest.mark.parametrize(
    ("said", "host", "same"),
    [("a.b", "A.B", True), ("*.b", "a.b", True), ("*.b", "x.a.b", False), ("*.b", "b", False), ("a.b", "b", False)],
)
def test_hosts_of_ingresses(said: str, host: str, same: bool) -> None:
    assert routing.same_host(said, host) is same
