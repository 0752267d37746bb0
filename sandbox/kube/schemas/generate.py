"""Writes ``builtin.json``: every field of the built-in types, drawn from the interface definitions of Kubernetes.

    python -m sandbox.kube.schemas.generate <checkout of kubernetes/api> <…/apimachinery> <…/apiextensions-apiserver> …

Read are ``generated.proto`` (numbers, types, and markers such as ``+listMapKey=name`` in its comments) and the Go
files beside it (names in JSON, which structs are inlined there). A field is one string: number, type (``string``,
``[]core.v1.Container``, ``{}string`` for a map), then markers: ``pointer`` (its zero value is a value), ``optional``,
``inline``, ``atomic``, ``set``, ``keys=a,b`` (a list that is a map by these keys), ``merge=key`` (strategic merge),
``retainKeys``, ``default=…``.
The empty name holds the markers of the type itself.
"""

import json
import re
import sys
from pathlib import Path

from sandbox.kube.kinds import BUILTIN

#: Types that are no kinds, but come as bodies of requests.
BODIES = (
    "meta.v1.DeleteOptions",
    "policy.v1.Eviction",
    "autoscaling.v1.Scale",
    "authentication.v1.TokenRequest",
)
PACKAGE = re.compile(r"^\.?k8s\.io\.(?:api\.|[\w.]*?pkg\.(?:apis\.|api\.|util\.)?)")
FIELD = re.compile(r"\s+(optional|repeated|map<string, ([\w.]+)>) ?([\w.]*) (\w+) = (\d+);")
TAGS = re.compile(r"`(.*)`")
POINTER = re.compile(r"\s+\w+\s+\*")
NAMED = re.compile(r'json:"([^",]*)(,inline)?[^"]*".*protobuf:"[^"]*name=(\w+)')

Types = dict[str, dict[str, str]]


def golang(folder: Path) -> tuple[dict[tuple[str, str], tuple[str, bool]], set[str], set[str]]:
    """What only the Go files of a package say: (struct, proto name) -> JSON name (empty when inlined) and whether
    it is a pointer, the structs with apiVersion and kind, and the types that are lists."""
    names: dict[tuple[str, str], tuple[str, bool]] = {}
    typed, lists, struct = set(), set(), ""
    for path in sorted(folder.glob("types*.go")):
        for line in path.read_text().splitlines():
            if declared := re.match(r"type (\w+) (struct \{|\[\])", line):
                struct = declared[1]
                if declared[2] == "[]":
                    lists.add(struct)
            elif (tags := TAGS.search(line)) and (named := NAMED.search(tags[1])):
                names[struct, named[3]] = (named[1], bool(POINTER.match(line)))
            elif "TypeMeta" in line and ",inline" in line:
                typed.add(struct)
    return names, typed, lists


def markers(comments: list[str]) -> list[str]:
    """The markers of one field, in the words of the data file."""
    said: dict[str, list[str]] = {}
    for comment in comments:
        if found := re.match(r"\+(?:k8s:)?(\w+)(?:=(.*))?$", comment):
            said.setdefault(found[1], []).append((found[2] or "").strip())
    marked = ["optional"] if "optional" in said else []
    if "atomic" in said.get("listType", []) + said.get("mapType", []) + said.get("structType", []):
        marked.append("atomic")
    if "set" in said.get("listType", []):
        marked.append("set")
    if "listMapKey" in said:
        marked.append(f"keys={','.join(dict.fromkeys(said['listMapKey']))}")
    strategy = ",".join(said.get("patchStrategy", []))
    if "merge" in strategy:
        marked.append(f"merge={said.get('patchMergeKey', [''])[0]}")
    if "retainKeys" in strategy:
        marked.append("retainKeys")
    if "default" in said and not said["default"][0].startswith("ref("):
        marked.append(f"default={said['default'][0]}")
    return marked


def read(proto: Path) -> Types:
    """The types of one package."""
    text = proto.read_text()
    package = PACKAGE.sub("", re.search(r"^package ([\w.]+);", text, re.M)[1] + ".").rstrip(".")  # type: ignore[index]
    names, typed, lists = golang(proto.parent)
    types: Types = {}
    message, comments = "", list[str]()
    for line in text.splitlines():
        if opened := re.match(r"message (\w+) \{", line):
            message = opened[1]
            own = [mark for mark in markers(comments) if mark == "atomic"] + ["list"] * (message in lists)
            types[f"{package}.{message}"] = {"": " ".join(own)} if own else {}
            if message in typed:
                types[f"{package}.{message}"] |= {"apiVersion": "0 string", "kind": "0 string"}
        elif commented := re.match(r"\s*//\s*(.*)", line):
            comments.append(commented[1])
            continue
        elif field := FIELD.match(line):
            label, value, plain, name, number = field.groups()
            type = value or plain
            type = PACKAGE.sub("", type) if "k8s.io" in type else f"{package}.{type}" if type[0].isupper() else type
            form = {"optional": "", "repeated": "[]"}.get(label, "{}") + type
            in_json, pointer = names.get((message, name), (name, False))
            words = [number, form, *["pointer"] * pointer, *markers(comments), *["inline"] * (not in_json)]
            types[f"{package}.{message}"][in_json or name] = " ".join(words)
        comments = []
    return types


def reachable(types: Types, roots: list[str]) -> Types:
    """The types that requests can carry."""
    seen: dict[str, None] = {}
    waiting = list(roots)
    while waiting:
        if (name := waiting.pop()) in seen or name not in types:
            continue
        seen[name] = None
        waiting += [re.sub(r"^(\[\]|\{\})", "", [*field.split(), "", ""][1]) for field in types[name].values()]
    return {name: types[name] for name in sorted(seen)}


def main(folders: list[str]) -> None:
    types: Types = {}
    for folder in folders:
        for proto in sorted(Path(folder).rglob("generated.proto")):
            types |= read(proto)
    roots = [f"{kind.group.split('.')[0] or 'core'}.{kind.version}.{kind.kind}" for kind in BUILTIN]
    missing = [root for root in [*roots, *BODIES] if root not in types]
    if missing:
        sys.exit(f"no definition of {', '.join(missing)}")
    lines = [
        f"{json.dumps(name)}: {json.dumps(fields)}" for name, fields in reachable(types, [*roots, *BODIES]).items()
    ]
    Path(__file__).with_name("builtin.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
