"""Bad input is refused before anything is touched: exit code 2, what is wrong and where, no traceback."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from labs import PROJECT, TestLab

pytestmark = pytest.mark.e2e


@pytest.fixture
def settings() -> str:
    return (PROJECT / "config/sandbox.yaml").read_text()


def refused(lab: TestLab, path: Path, text: str) -> str:
    path.write_text(text)
    ended = lab.inv("-f", str(path), "lab")
    assert ended.code == 2, ended.text
    assert "Traceback" not in ended.text
    assert str(path) in ended.text
    assert not (lab.home / "sandbox").exists(), "a sandbox was started"
    return ended.text


def test_all_mistakes_at_once_with_line_and_nearest_key(lab: TestLab, tmp_path: Path, settings: str) -> None:
    wrong = settings.replace("zone:", "zon:").replace("location: norwayeast", "location: Norway East")
    said = refused(lab, tmp_path / "lab.yaml", wrong)
    assert "dns.zon" in said and "zone" in said and "location" in said


def test_a_value_of_the_wrong_type(lab: TestLab, tmp_path: Path, settings: str) -> None:
    said = refused(lab, tmp_path / "lab.yaml", settings.replace("pace: 0 ", "pace: fast "))
    assert "sandbox.pace" in said and "fast" in said


def test_yaml_that_cannot_be_read(lab: TestLab, tmp_path: Path, settings: str) -> None:
    assert "lab.yaml:" in refused(lab, tmp_path / "lab.yaml", settings + "\n  - [")


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100 << 20)


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda path: None, "no such file"),
        (Path.mkdir, "is a folder"),
        (os.mkfifo, "not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
        (lambda path: path.symlink_to(path), "Too many levels of symbolic links"),
        (lambda path: path.write_bytes(b"name: \xff\n"), "not UTF-8"),
        (_large, "longer than 256 KiB"),
    ],
    ids=["missing", "folder", "pipe", "device", "loop", "bytes", "large"],
)
def test_what_is_no_settings_file(lab: TestLab, tmp_path: Path, make: Callable[[Path], object], what: str) -> None:
    path = tmp_path / "none.yaml"
    make(path)
    ended = lab.inv("-f", str(path), "lab")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(str(path)) and what in ended.err and ended.err.count("\n") == 1
    assert not (lab.home / "sandbox").exists(), "a sandbox was started"


def test_a_step_that_is_not_there(lab: TestLab) -> None:
    ended = lab.inv("certmanger")
    assert ended.code == 2 and "certmanager" in ended.text and "Traceback" not in ended.text


def test_a_hopeless_environment_is_told_in_full_before_anything_is_made(
    lab: TestLab, tmp_path: Path, settings: str
) -> None:
    path = tmp_path / "lab.yaml"
    path.write_text(
        settings.replace("zone: contoso.localhost", "zone: nobody.localhost")
        .replace("create: true", "create: false")
        .replace("cluster:\n", 'cluster:\n  kubernetes_version: "1.25"\n')
    )
    ended = lab.inv("-f", str(path), "lab")
    assert ended.code == 1, ended.text
    for problem in ("nobody.localhost", "aks-admins", "1.25"):
        assert problem in ended.text
    assert lab.writes() == 0
