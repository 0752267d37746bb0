"""What a shell is told: which kubelogin it finds, whatever else there is."""

import os
import subprocess
from pathlib import Path

from sandbox import shellenv
from sandbox.home import Home


def test_no_other_kubelogin_hides_the_stand_in(tmp_path: Path) -> None:
    """One that `inv tools` chose for Azure stands in the folder of the tools, which PATH may have already."""
    (tmp_path / "kubelogin").write_text("#!/bin/sh\n")
    (tmp_path / "kubelogin").chmod(0o755)
    home = Home(tmp_path / "sandbox")
    lines = shellenv.exports({}, shellenv.path(home, tmp_path))
    path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
    for before in (path, os.environ["PATH"]):
        asked = ["/bin/sh", "-c", f"{lines}command -v kubelogin"]
        found = subprocess.run(asked, env={"PATH": before}, capture_output=True, text=True, check=True).stdout
        assert found == f"{home.bin}/kubelogin\n"
