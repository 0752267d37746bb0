"""A registry's own port: tokens by role, images pulled and pushed, and what the kubelet is told."""

import base64
import json
from typing import Any

import httpx
import pytest
from registry_callers import REGISTRY, bearer, built, client_of, registry, somebody

from sandbox.acr import images, lookup
from sandbox.acr.contents import digest_of
from sandbox.entra import tokens
from sandbox.world import World

pytestmark = pytest.mark.anyio

APP = {"Dockerfile": 'FROM python:3.12\nCOPY a /a\nENTRYPOINT ["python", "/a"]\n', "a": "print()"}


async def pushed(client: httpx.AsyncClient, header: dict[str, str], tag: str = "1") -> httpx.Response:
    """The answer to the manifest's PUT, after its config has been uploaded in two parts."""
    config = b'{"name": "chart"}'
    begun = await client.post("/v2/charts/x/blobs/uploads/", headers=header)
    if begun.status_code != 202:
        return begun
    place = begun.headers["location"]
    await client.patch(place, content=config[:5], headers=header)
    put = await client.put(place, params={"digest": digest_of(config)}, content=config[5:], headers=header)
    assert put.status_code == 201, put.text
    descriptor = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": digest_of(config), "size": 17}
    manifest = json.dumps({"schemaVersion": 2, "config": descriptor, "layers": []})
    headers = header | {"content-type": "application/vnd.oci.image.manifest.v1+json"}
    return await client.put(f"/v2/charts/x/manifests/{tag}", content=manifest, headers=headers)


async def test_the_challenge_is_as_az_reads_it(world: World, acr: dict[str, Any]) -> None:
    client, host = client_of(world, acr), acr["properties"]["loginServer"]
    answer = await client.get("/v2/")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == f'Bearer realm="https://{host}/oauth2/token",service="{host}"'
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("role", "pulls", "pushes", "deletes"),
    [
        (None, False, False, False),
        ("AcrPull", True, False, False),
        ("AcrPush", True, True, False),
        ("AcrDelete", False, False, True),
        ("Reader", True, False, False),
        ("Owner", True, True, True),
    ],
)
async def test_tokens_give_what_roles_give(
    world: World, acr: dict[str, Any], role: str | None, pulls: bool, pushes: bool, deletes: bool
) -> None:
    client, who = client_of(world, acr), somebody(world, role)
    for action, given in (("pull", pulls), ("push", pushes), ("delete", deletes), ("metadata_read", pulls)):
        header = await bearer(world, client, who, f"repository:charts/x:{action}")
        assert bool(header) is given, action
    assert (await pushed(client, await bearer(world, client, who, "repository:charts/x:pull,push"))).status_code == (
        201 if pushes else 401
    )


async def test_a_token_is_for_its_repository_and_registry(world: World, acr: dict[str, Any]) -> None:
    from sandbox.arm.ids import ResourceId

    other = await registry(world, ResourceId(f"{REGISTRY.scope}/providers/{lookup.REGISTRIES}/acrother"))
    who = somebody(world, "Owner", REGISTRY.scope)
    header = await bearer(world, client_of(world, acr), who, "repository:charts/x:pull,push")
    assert (await client_of(world, acr).get("/v2/charts/y/tags/list", headers=header)).status_code == 401
    assert (await client_of(world, other).get("/v2/charts/x/tags/list", headers=header)).status_code == 401
    arm = {"grant_type": "access_token", "access_token": tokens.issue(world, who, "https://vault.azure.net")}
    assert (await client_of(world, acr).post("/oauth2/exchange", data=arm)).status_code == 401


async def test_a_pushed_image_is_listed_pulled_and_deleted(world: World, acr: dict[str, Any]) -> None:
    client, who = client_of(world, acr), somebody(world, "Owner")
    header = await bearer(world, client, who, "repository:charts/x:*", "registry:catalog:*")
    digest = (await pushed(client, header)).headers["docker-content-digest"]
    assert (await pushed(client, header, "2")).headers["docker-content-digest"] == digest
    assert (await client.get("/v2/_catalog", headers=header)).json() == {"repositories": ["charts/x"]}
    paged = await client.get("/acr/v1/charts/x/_tags", params={"n": 1}, headers=header)
    assert [tag["name"] for tag in paged.json()["tags"]] == ["1"]
    following = paged.headers["link"].partition("<")[2].partition(">")[0]
    assert [tag["name"] for tag in (await client.get(following, headers=header)).json()["tags"]] == ["2"]
    manifest = await client.head("/v2/charts/x/manifests/1", headers=header)
    assert (manifest.status_code, manifest.headers["docker-content-digest"]) == (200, digest)
    shown = (await client.get("/acr/v1/charts/x", headers=header)).json()
    assert (shown["manifestCount"], shown["tagCount"]) == (1, 2)
    assert (await client.delete("/acr/v1/charts/x/_tags/2", headers=header)).status_code == 202
    assert (await client.delete("/v2/charts/x/manifests/1", headers=header)).status_code == 405
    assert (await client.delete(f"/v2/charts/x/manifests/{digest}", headers=header)).status_code == 202
    gone = await client.get("/v2/charts/x/tags/list", headers=header)
    assert (gone.status_code, gone.json()["errors"][0]["code"]) == (404, "NAME_UNKNOWN")


async def test_uploads_and_manifests_are_checked(world: World, acr: dict[str, Any]) -> None:
    client, who = client_of(world, acr), somebody(world, "AcrPush")
    header = await bearer(world, client, who, "repository:charts/x:pull,push")
    place = (await client.post("/v2/charts/x/blobs/uploads/", headers=header)).headers["location"]
    wrong = await client.put(place, params={"digest": digest_of(b"other")}, content=b"this", headers=header)
    assert wrong.json()["errors"][0]["code"] == "DIGEST_INVALID"
    missing = json.dumps({"config": {"digest": digest_of(b"?"), "size": 1}, "layers": []})
    refused = await client.put("/v2/charts/x/manifests/1", content=missing, headers=header)
    assert refused.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN"
    refused = await client.put("/v2/charts/x/manifests/1", content="no json", headers=header)
    assert refused.json()["errors"][0]["code"] == "MANIFEST_INVALID"


async def test_the_admin_user_signs_in_with_a_password(world: World, acr: dict[str, Any]) -> None:
    from registry_callers import act

    await registry(world, adminUserEnabled=True)
    client = client_of(world, acr)
    held = await act(world, REGISTRY, "listCredentials")

    async def token(password: str) -> int:
        basic = base64.b64encode(f"acrtest:{password}".encode()).decode()
        params = {"scope": "repository:x:pull,push", "service": "s"}
        return (
            await client.get("/oauth2/token", params=params, headers={"authorization": f"Basic {basic}"})
        ).status_code

    assert await token(held["passwords"][1]["value"]) == 200
    assert await token("wrong") == 401
    await registry(world, adminUserEnabled=False)
    assert await token(held["passwords"][1]["value"]) == 401


async def test_anonymous_pull_where_the_registry_allows_it(world: World) -> None:
    document = await registry(world, sku="Standard")
    client, params = client_of(world, document), {"scope": "repository:x:pull"}
    assert (await client.get("/oauth2/token", params=params)).status_code == 401
    await registry(world, sku="Standard", anonymousPullEnabled=True)
    assert (await client.get("/oauth2/token", params=params)).status_code == 200
    assert (await client.get("/oauth2/token", params={"scope": "repository:x:push"})).status_code == 401


async def test_a_kubelet_pulls_with_its_role(world: World, acr: dict[str, Any]) -> None:
    run, _ = await built(world, APP)
    host, digest = acr["properties"]["loginServer"], run["properties"]["outputImages"][0]["digest"]
    kubelet = somebody(world, "AcrPull")
    for reference in (f"{host}/app:1", f"{host}/app@{digest}"):
        image = images.pull(world, kubelet, reference)
        assert (image.digest, image.entrypoint, image.reference) == (digest, ("python", "/a"), reference)
    with pytest.raises(images.ImageNotFound, match=rf"{host}/app:2: not found"):
        images.pull(world, kubelet, f"{host}/app:2")
    with pytest.raises(images.PullRefused, match=r"failed to fetch anonymous token.*401 Unauthorized"):
        images.pull(world, somebody(world), f"{host}/app:1")
    with pytest.raises(images.PullRefused):
        images.pull(world, "", f"{host}/app:1")


def test_public_images_have_no_content(world: World) -> None:
    assert images.pull(world, "", "nginx").reference == "docker.io/library/nginx:latest"
    assert images.pull(world, "", "registry.k8s.io/external-dns/external-dns:v0.21.0").root is None
    with pytest.raises(images.ImageNotFound, match="no such host"):
        images.pull(world, "", "nowhere.example/a:1")
    with pytest.raises(images.ImageNotFound, match="invalid reference format"):
        images.pull(world, "", "Bad:Reference:x")
