"""Readiness probes: really made, against the port that a container's process listens on."""

import asyncio
import contextlib

import httpx

from sandbox.store import Document


async def failure(probe: Document, address: str, port: int) -> str:
    """Why the probe does not pass, in the kubelet's words; "" if it does. ``address`` is what the words call the
    pod's port, ``port`` where it is on this machine. Commands (``exec``) are taken as passing: there is no container to
    run them in."""
    timeout_s = float(probe.get("timeoutSeconds") or 1)
    if "httpGet" in probe:
        return await _http(probe["httpGet"], address, port, timeout_s)
    if "tcpSocket" in probe or "grpc" in probe:
        shown = address
        try:
            async with asyncio.timeout(timeout_s):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
        except TimeoutError:
            return f"dial tcp {shown}: i/o timeout"
        except OSError:
            return f"dial tcp {shown}: connect: connection refused"
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    return ""


async def _http(asked: Document, address: str, port: int, timeout_s: float) -> str:
    path = "/" + (asked.get("path") or "").lstrip("/")
    shown = f"{(asked.get('scheme') or 'HTTP').lower()}://{address}{path}"
    headers = {"user-agent": "kube-probe/1.35", "host": address}
    headers |= {one["name"]: one["value"] for one in asked.get("httpHeaders") or []}
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=timeout_s, verify=False) as client:  # as the kubelet does
            answer = await client.get(f"{shown.partition(':')[0]}://127.0.0.1:{port}{path}", headers=headers)
    except httpx.TimeoutException:
        return f'Get "{shown}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
    except httpx.ConnectError:
        return f'Get "{shown}": dial tcp {address}: connect: connection refused'
    except httpx.HTTPError as error:
        return f'Get "{shown}": {error}'
    return "" if answer.status_code < 400 else f"HTTP probe failed with statuscode: {answer.status_code}"
