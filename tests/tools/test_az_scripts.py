"""Which Python runs az, found in the scripts that start it: those of its packages, word by word."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import warm

#: /usr/bin/az as azure-cli's scripts/release/debian/prepare.sh writes it.
DEBIAN = """\
#!/usr/bin/env bash
bin_dir=`cd "$(dirname "$BASH_SOURCE[0]")"; pwd`
AZ_INSTALLER=DEB "$bin_dir"/../../opt/az/bin/python3 -Im azure.cli "$@"
"""
#: As its scripts/release/rpm/azure-cli.spec does, on a system with Python 3.9 beside the one that az was made for.
RPM = """\
#!/usr/bin/env bash
bin_dir=`cd "$(dirname "$BASH_SOURCE[0]")"; pwd`
python_cmd=python3
if command -v python3.12 &>/dev/null; then python_cmd=python3.12; fi
AZ_INSTALLER=RPM PYTHONPATH="$bin_dir/../lib64/az/lib/python3.12/site-packages" $python_cmd -sm azure.cli "$@"
"""
HOMEBREW = """\
#!/usr/bin/env bash
AZ_INSTALLER=HOMEBREW /home/linuxbrew/.linuxbrew/Cellar/azure-cli/2.91.0/libexec/bin/python -Im azure.cli "$@"
"""
#: azure-cli's own src/azure-cli/az, behind the beginning that pip, uv or a packager gave it.
OF_PYTHON = """
import sys
import os
import shutil

dir = os.path.join(os.path.dirname(os.path.realpath(__file__)), 'src')

if os.environ.get('AZ_INSTALLER') is None:
    os.environ['AZ_INSTALLER'] = 'PIP'

os.execl(sys.executable, sys.executable, '-m', 'azure.cli', *sys.argv[1:])
"""
PIP = {"AZ_INSTALLER": "PIP"}


@pytest.mark.parametrize(
    ("script", "found"),
    [
        pytest.param(DEBIAN, (("BIN/../../opt/az/bin/python3", "-I"), {"AZ_INSTALLER": "DEB"}), id="Debian"),
        pytest.param(
            DEBIAN.replace("; pwd", " && pwd"),
            (("BIN/../../opt/az/bin/python3", "-I"), {"AZ_INSTALLER": "DEB"}),
            id="Debian, another version",
        ),
        pytest.param(
            RPM,
            (
                ("BIN/python3.12", "-s"),
                {"AZ_INSTALLER": "RPM", "PYTHONPATH": "BIN/../lib64/az/lib/python3.12/site-packages"},
            ),
            id="RPM",
        ),
        pytest.param(
            RPM.replace("3.12", "3.99"),
            (
                ("BIN/python3", "-s"),
                {"AZ_INSTALLER": "RPM", "PYTHONPATH": "BIN/../lib64/az/lib/python3.99/site-packages"},
            ),
            id="RPM, without the Python that it prefers",
        ),
        pytest.param(
            HOMEBREW,
            (
                ("/home/linuxbrew/.linuxbrew/Cellar/azure-cli/2.91.0/libexec/bin/python", "-I"),
                {"AZ_INSTALLER": "HOMEBREW"},
            ),
            id="Homebrew",
        ),
        pytest.param(
            f"#!/home/me/venv/bin/python3.11\n{OF_PYTHON}", (("/home/me/venv/bin/python3.11",), PIP), id="pip"
        ),
        pytest.param(f"#!/usr/bin/env python3\n{OF_PYTHON}", (("BIN/python3",), PIP), id="looked up"),
        pytest.param(
            f"#!/bin/sh\n'''exec' /a/long/venv/bin/python \"$0\" \"$@\"\n' '''\n{OF_PYTHON}",
            (("/a/long/venv/bin/python",), PIP),
            id="pip, a long path",
        ),
        pytest.param(
            f"#!/bin/sh\n'''exec' \"/with a/space/python3\" \"$0\" \"$@\"\n' '''\n{OF_PYTHON}",
            (("/with a/space/python3",), PIP),
            id="pip, a path with a space",
        ),
        pytest.param(
            "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")\"/'python' \"$0\" \"$@\"\n' '''\n"
            + OF_PYTHON,
            (("BIN/python",), PIP),
            id="uv, one that may be moved",
        ),
        pytest.param(
            '#!/bin/sh\n# az 2.91.0\nexport AZ_INSTALLER=PIP\nexec /a/copy/bin/python -I -m azure.cli "$@"\n',
            (("/a/copy/bin/python", "-I"), PIP),
            id="a copy of ours",
        ),
        pytest.param('#!/bin/sh\nPYTHONPATH="$here/lib" /usr/bin/python3 -sm azure.cli "$@"\n', None, id="a variable"),
        pytest.param('#!/bin/sh\ndocker run az python3 -m azure.cli "$@"\n', None, id="in a container"),
        pytest.param(f"#!/usr/bin/env python3.99\n{OF_PYTHON}", None, id="no such Python"),
        pytest.param('#!/bin/sh\necho "it -m azure.cli "$@"\n', None, id="a quote that does not end"),
        pytest.param('#!/bin/sh\nX=1 -m azure.cli "$@"\n', None, id="a variable alone"),
        pytest.param("#!/bin/sh\necho az\n", None, id="something else"),
    ],
)
def test_the_interpreter_is_found_in_the_script(tmp_path: Path, script: str, found: object) -> None:
    """BIN is the folder in which az lies, with Python 3 and 3.12."""
    for name in ("python3", "python3.12", "az"):
        (tmp_path / name).write_text(script if name == "az" else "")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "ours").write_text(f'#!/bin/sh\n# az 2.91.0\nexec {tmp_path / "az"} "$@"\n')
    expected = repr(found).replace("BIN", str(tmp_path))
    assert repr(warm.interpreter(tmp_path / "az", str(tmp_path))) == expected
    assert repr(warm.interpreter(tmp_path / "ours", str(tmp_path))) == expected


@pytest.mark.parametrize("script", [DEBIAN, RPM])
def test_a_packages_script_starts_what_was_found_in_it(tmp_path: Path, script: str) -> None:
    """Run as it is, with a Python in its place that tells how it was called."""
    teller = '#!/bin/sh\necho "$0" "$1" "$AZ_INSTALLER" "$PYTHONPATH"\n'
    for name, text in {"usr/bin/az": script, "usr/bin/python3.12": teller, "opt/az/bin/python3": teller}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}/usr/bin:{os.environ['PATH']}"
    ended = subprocess.run(["az", "version"], env={"PATH": path}, capture_output=True, text=True, check=True)
    found = warm.interpreter(tmp_path / "usr/bin/az", path)
    assert found is not None
    (python, flag), env = found
    told = f"{python} {flag}m {env['AZ_INSTALLER']} {env.get('PYTHONPATH', '')}"
    assert ended.stdout.rstrip("\n") == told
