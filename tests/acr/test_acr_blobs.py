"""Blob storage: signed addresses, blocks, ranges."""

from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.acr import blobs
from sandbox.world import World

pytestmark = pytest.mark.anyio

WHOLE = {"x-ms-blob-type": "BlockBlob"}


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(world.app)) as client:
        yield client


async def test_a_blob_is_written_and_read_in_parts(world: World, client: httpx.AsyncClient) -> None:
    url = blobs.signed_url(world, "box", "a/b.log", "rw")
    assert (await client.head(url)).headers["x-ms-error-code"] == "BlobNotFound"
    assert (await client.put(url, content=b"0123456789", headers=WHOLE)).status_code == 201
    part = await client.get(url, headers={"x-ms-range": "bytes=4-5"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "45", "bytes 4-5/10")
    assert (await client.get(url, headers={"x-ms-range": "bytes=8-99"})).text == "89"
    assert (await client.get(url, headers={"x-ms-range": "bytes=10-"})).headers["x-ms-error-code"] == "InvalidRange"
    assert (await client.head(url)).headers["content-length"] == "10"


async def test_blocks_are_joined_in_the_order_of_the_list(world: World, client: httpx.AsyncClient) -> None:
    url = blobs.signed_url(world, "box", "big", "rw")
    for block, content in (("AA==", b"one"), ("AQ==", b"two")):
        await client.put(f"{url}&comp=block&blockid={block}", content=content)
    assert (await client.head(url)).status_code == 404, "blocks are no blob yet"
    listed = "<BlockList><Latest>AQ==</Latest><Latest>AA==</Latest></BlockList>"
    assert (await client.put(f"{url}&comp=blocklist", content=listed)).status_code == 201
    assert (await client.get(url)).text == "twoone"
    missing = "<BlockList><Latest>Ag==</Latest></BlockList>"
    refused = await client.put(f"{url}&comp=blocklist", content=missing)
    assert refused.headers["x-ms-error-code"] == "InvalidBlockList"


async def test_a_signature_is_for_one_blob_one_right_and_a_time(world: World, client: httpx.AsyncClient) -> None:
    readable = blobs.signed_url(world, "box", "x", "r")
    wrong = [
        readable.replace("/box/x?", "/box/y?"),
        readable.replace("sp=r", "sp=rw"),
        blobs.signed_url(world, "box", "x", "r", lifetime_s=-1),
        readable.partition("?")[0],
    ]
    for url in wrong:
        answer = await client.get(url)
        assert (answer.status_code, answer.headers["x-ms-error-code"]) == (403, "AuthenticationFailed"), url
    assert (await client.put(readable, content=b"", headers=WHOLE)).status_code == 403
    assert (await client.get(readable)).status_code == 404


@pytest.mark.parametrize("name", ["../state.db", "a/../../b", ".hidden", "a//b"])
def test_names_cannot_leave_the_container(world: World, name: str) -> None:
    with pytest.raises(ValueError, match="no blob"):
        blobs.Blob(world, f"box/{name}")
