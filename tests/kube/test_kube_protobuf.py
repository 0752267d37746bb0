"""Protobuf bodies, as kubectl's typed clients and helm's storage send them."""

import httpx
import pytest

from sandbox.kube import protobuf
from sandbox.kube.errors import ApiError


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a message."""
    if isinstance(value, int):
        return bytes([number << 3]) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    if value < 0:
        value += 1 << 64
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def body(api_version: str, kind: str, message: bytes) -> bytes:
    meta = field(1, api_version) + field(2, kind)
    return protobuf.MAGIC + field(1, meta) + field(2, message)


def metadata(name: str) -> bytes:
    """An ObjectMeta as Go writes it: fields that are no pointers are there though they are empty."""
    empty = field(2, "") + field(4, "") + field(5, "") + field(6, "") + field(7, 0) + field(8, b"")
    return field(1, name) + empty + field(11, field(1, "app") + field(2, "web"))


def test_maps_bytes_and_empty_fields() -> None:
    entry = field(1, "key") + field(2, b"\x00\xff")
    read = protobuf.decode(body("v1", "Secret", field(1, metadata("s")) + field(2, entry) + field(3, "Opaque")))
    assert read == {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "labels": {"app": "web"}},
        "data": {"key": "AP8="}, "type": "Opaque",
    }  # fmt: skip


def test_pointers_keep_their_zero_and_inlined_structs_have_no_name() -> None:
    empty_dir = field(2, b"")  # VolumeSource.emptyDir, a pointer to an empty struct
    volume = field(1, "tmp") + field(2, empty_dir)
    port = field(2, 0) + field(3, 8080) + field(4, "TCP") + field(5, "")
    target = field(1, 1) + field(2, 0) + field(3, "http")  # IntOrString "http"
    probe = field(1, field(2, field(1, "/healthz") + field(2, target))) + field(2, 0)
    resources = field(1, field(1, "cpu") + field(2, field(1, "100m")))
    container = field(1, "a") + field(2, "a:1") + field(6, port) + field(8, resources) + field(11, probe)
    spec = field(1, volume) + field(2, container) + field(4, 0)
    template = field(1, b"") + field(2, spec)
    deployment = field(1, metadata("web")) + field(2, field(1, 0) + field(3, template) + field(5, 0))
    read = protobuf.decode(body("apps/v1", "Deployment", deployment))
    assert read["spec"]["replicas"] == 0, "a pointer to 0 is not an absent field"
    assert "minReadySeconds" not in read["spec"]
    inner = read["spec"]["template"]["spec"]
    assert inner["volumes"] == [{"name": "tmp", "emptyDir": {}}]
    assert inner["terminationGracePeriodSeconds"] == 0
    assert inner["containers"] == [
        {
            "name": "a", "image": "a:1", "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "resources": {"limits": {"cpu": "100m"}},
            "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
        }
    ]  # fmt: skip


def test_times_and_negative_numbers() -> None:
    lease = field(1, metadata("l")) + field(2, field(2, -1) + field(4, field(1, 1767225600) + field(2, 5000)))
    read = protobuf.decode(body("coordination.k8s.io/v1", "Lease", lease))
    assert read["spec"] == {"leaseDurationSeconds": -1, "renewTime": "2026-01-01T00:00:00.000005Z"}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"{}", "does not appear to be a protobuf message"),
        (body("v1", "Nothing", b""), 'no kind "Nothing" is registered'),
        (body("v1", "Secret", b"\x0a\x7f\x01"), "unexpected EOF"),
    ],
)
def test_what_is_no_protobuf_is_refused(sent: bytes, said: str) -> None:
    with pytest.raises(ApiError, match=said) as refusal:
        protobuf.decode(sent)
    assert refusal.value.code == 400


def test_the_api_takes_protobuf_and_answers_json(api: httpx.Client, namespace: str) -> None:
    sent = body("v1", "ConfigMap", field(1, metadata("c")) + field(2, field(1, "a") + field(2, "b")))
    headers = {"Content-Type": protobuf.MEDIA_TYPE, "Accept": f"{protobuf.MEDIA_TYPE}, */*"}
    path = f"api/v1/namespaces/{namespace}/configmaps"
    answer = api.post(path, content=sent, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/json")
    assert answer.json()["data"] == {"a": "b"}
    options = body("v1", "DeleteOptions", field(4, "Background"))
    assert api.request("DELETE", f"{path}/c", content=options, headers=headers).json()["status"] == "Success"
