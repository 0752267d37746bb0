"""What containers do once they run: the lines that they write, and whether and how they end.

Images that were not built in the sandbox are played, not run. What their program would write is said only where it is
true of the sandbox as well; what a shell command would do is worked out for the few forms that are plain to see
(``exit 3``, ``false``).
"""

import re
from collections.abc import Sequence

from sandbox.store import Document

#: Images that the sandbox plays, by a part of their name, with what they say when they start.
_GREETINGS: tuple[tuple[str, str], ...] = (
    (
        "cert-manager-controller",
        'I0101 controller.go:264] "starting cert-manager controller" logger="cert-manager.controller"',
    ),
    (
        "cert-manager-webhook",
        'I0101 server.go:191] "listening for secure connections" logger="cert-manager.webhook" address=":10250"',
    ),
    ("cert-manager-cainjector", 'I0101 cainjector.go:72] "starting" logger="cert-manager.cainjector"'),
    ("cert-manager-startupapicheck", "The cert-manager API is ready"),
    ("kube-webhook-certgen", '{"level":"info","msg":"patched hook","source":"k8s/k8s.go:1"}'),
    ("external-dns", 'time="%s" level=info msg="Created Kubernetes client"'),
    ("traefik", "%s INF Starting provider *ingress.Provider"),
    ("ingress-nginx/controller", "NGINX Ingress controller"),
)

#: A job's programs that end well by doing their work.
_SHELLS = ("sh", "bash", "ash", "/bin/sh", "/bin/bash")


def greeting(container: Document, image_command: Sequence[str], now: str) -> str:
    """The first lines of a container's log."""
    for part, line in _GREETINGS:
        if part in container["image"].partition("@")[0]:
            return line.replace("%s", now)
    command = [*(container.get("command") or image_command), *(container.get("args") or [])]
    ran = f": {' '.join(command)}" if command else ""
    return f"[sandbox] started {container['image']}{ran} (played: the image was not built in this sandbox)"


def exit_code(container: Document) -> int:
    """How the program ends, where it ends at all."""
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    if command and command[0].rpartition("/")[2] == "false":
        return 1
    if len(command) >= 3 and command[0] in _SHELLS:
        found = re.search(r"(?:^|[;&|\s])exit\s+(\d{1,3})\s*$", command[-1])
        return int(found.group(1)) if found else 0
    return 0


def written(container: Document) -> list[str]:
    """What a one-off program writes: the words of plain ``echo`` commands."""
    command = [*(container.get("command") or []), *(container.get("args") or [])]
    if not command:
        return []
    if command[0] == "echo":
        return [" ".join(command[1:])]
    if len(command) >= 3 and command[0] in _SHELLS:
        return [
            words.strip("\"'") for words in re.findall(r"(?:^|[;&]\s*)echo\s+([^;&|><$`]+?)\s*(?=$|[;&])", command[-1])
        ]
    return []


def readiness_s(container: Document) -> float:
    """Azure's seconds from a container's start to the first probe that it passes."""
    probe = container.get("readinessProbe")
    return float(probe.get("initialDelaySeconds", 0)) + 1 if probe else 0.0
