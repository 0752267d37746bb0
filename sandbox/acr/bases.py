"""Where a build's base images come from: the registry that builds, or a public one (without content here)."""

import json

from sandbox.acr import filesystem, lookup, references
from sandbox.acr.building import Bases
from sandbox.acr.contents import Contents
from sandbox.acr.dockerfile import DockerfileError
from sandbox.acr.images import PUBLIC
from sandbox.acr.stage import Stage
from sandbox.store import Document
from sandbox.world import World


def bases(world: World, registry: Document, contents: Contents) -> Bases:
    """Look base images up as a build in ``registry`` does: with that registry's credentials and no others."""
    own = registry["properties"]["loginServer"]

    def find(name: str) -> Stage | None:
        try:
            wanted = references.parse(name)
        except references.InvalidReference as error:
            raise DockerfileError("invalid reference format") from error
        if wanted.host in PUBLIC:
            return None
        if wanted.host != own:
            known = lookup.by_host(world, wanted.host)
            raise DockerfileError(
                f'Head "https://{wanted.host}/v2/{wanted.repository}/manifests/{wanted.wanted}": unauthorized: '
                "authentication required, visit https://aka.ms/acr/authorization for more information."
                if known
                else f'Get "https://{wanted.host}/v2/": dial tcp: lookup {wanted.host}: no such host'
            )
        manifest = contents.manifest(wanted.repository, wanted.wanted)
        if manifest is None:
            raise DockerfileError(
                f'manifest for {wanted} not found: manifest unknown: manifest tagged by "{wanted.wanted}" is not found'
            )
        return _stage(contents, name, manifest["digest"])

    return find


def _stage(contents: Contents, name: str, digest: str) -> Stage:
    """The stage that an image of the registry leaves to go on from."""
    manifest = json.loads(contents.content(digest))
    config = json.loads(contents.content(manifest["config"]["digest"]))
    stage = Stage("", name, history=list(config.get("history", [])))
    stage.config |= config.get("config") or {}
    for layer in manifest["layers"]:
        content = contents.content(layer["digest"])
        stage.layers.append(content)
        stage.files |= filesystem.from_tar(content)
    annotated = manifest.get("annotations", {}).get("org.opencontainers.image.base.name", "scratch")
    stage.opaque = annotated != "scratch"
    return stage
