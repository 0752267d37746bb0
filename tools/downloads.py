"""Files from the web, believed only when their SHA-256 is the one that their maker publishes."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path

import certifi
import httpx

from engine.errors import StepFailed
from tools import unpacking

#: Seconds without a byte before a connection is given up.
SILENCE_S = 30.0


def trust() -> ssl.SSLContext:
    """Certificates of the system, where a company's proxy has its own, and of certifi, which is always there."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def fetch(url: str, published: str, target: Path, say: Callable[[str], None]) -> str:
    """Brings `url` to `target`; returns its SHA-256, which is the one in the file at `published`.

    :raises StepFailed: the web does not answer as it should, or the hash is another
    """
    name = url.rsplit("/", 1)[-1]
    with httpx.Client(
        verify=trust(),
        follow_redirects=True,
        timeout=SILENCE_S,
        transport=httpx.HTTPTransport(verify=trust(), retries=3),
    ) as client:
        expected = _published_hash(client, published)
        try:
            with client.stream("GET", url) as answer:
                answer.raise_for_status()
                _written(answer, target, lambda done: say(f"{name}: {done}"))
        except httpx.HTTPError as error:
            raise _unreachable(url, error) from error
    unpacking.verified(target, expected, url)
    return expected


def _published_hash(client: httpx.Client, url: str) -> str:
    """The first word of 64 hexadecimal digits in a checksum file: alone in it, or before a file name."""
    try:
        answer = client.get(url)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise _unreachable(url, error) from error
    found = re.search(r"\b[0-9a-fA-F]{64}\b", answer.text[:4096])
    if found is None:
        raise StepFailed(f"{url} has no SHA-256 in it: {answer.text[:80]!r}")
    return found[0].lower()


def _written(answer: httpx.Response, target: Path, progress: Callable[[str], None]) -> None:
    """The body in a file, told at each quarter where its length is known."""
    size, told = int(answer.headers.get("content-length", 0)), 0
    with target.open("wb") as out:
        for block in answer.iter_bytes(1 << 18):
            out.write(block)
            quarters = 4 * answer.num_bytes_downloaded // size if size else 0
            if quarters > told:
                told = quarters
                progress(f"{25 * told} % of {size / 1e6:.0f} MB")


def _unreachable(url: str, error: httpx.HTTPError) -> StepFailed:
    return StepFailed(
        f"{url} cannot be fetched: {error}",
        advice="check the network and HTTPS_PROXY, or put a version on PATH that config/tools.yaml accepts",
    )
