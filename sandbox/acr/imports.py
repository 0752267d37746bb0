"""``az acr import``: an image copied from another registry of the sandbox, or taken from a public one by name."""

import json

from sandbox.acr import lookup, references
from sandbox.acr.contents import OCI_MANIFEST, Contents, digest_of
from sandbox.acr.images import PUBLIC
from sandbox.arm import resources
from sandbox.arm.ids import ResourceId
from sandbox.errors import AzureError
from sandbox.store import Document
from sandbox.world import World


def _invalid(message: str) -> AzureError:
    return AzureError(400, "InvalidParameters", message)


async def import_image(world: World, id: ResourceId, body: Document) -> Document:
    """The action ``importImage``. ``source`` names the registry (``registryUri`` or ``resourceId``) and the image;
    a public image has no content here, so what is stored is its name and nothing else."""
    source = body.get("source") or {}
    image = source.get("sourceImage")
    host = source.get("registryUri") or ""
    if not image or not (host or source.get("resourceId")):
        raise _invalid("The source image and its registry must be given.")
    origin = resources.stored(world, ResourceId(source["resourceId"])) if source.get("resourceId") else None
    if source.get("resourceId") and origin is None:
        raise AzureError(404, "ResourceNotFound", f"The source registry '{source['resourceId']}' could not be found.")
    try:
        wanted = references.parse(image, host or (origin or {})["properties"]["loginServer"])
        targets = [references.parse(tag, "target.invalid") for tag in body.get("targetTags") or []]
    except references.InvalidReference as error:
        raise _invalid(str(error)) from error
    origin = origin or lookup.by_host(world, wanted.host)
    if origin is None and wanted.host not in PUBLIC:
        raise _invalid(f"Error response from the source registry: {wanted.host} cannot be reached.")
    contents = Contents(world, id.name)
    if body.get("mode", "NoForce") == "NoForce":
        for target in targets:
            if contents.manifest(target.repository, target.tag):
                raise AzureError(
                    409, "Conflict", f"Tag {target.repository}:{target.tag} already exists in target registry."
                )
    content = _copied(world, origin, contents, wanted) if origin else _named(contents, wanted)
    for target in targets or [wanted]:
        contents.put_manifest(target.repository, content, OCI_MANIFEST, target.tag)
    for repository in body.get("untaggedTargetRepositories") or []:
        contents.put_manifest(repository, content, OCI_MANIFEST)
    return {}


def _copied(world: World, origin: Document, contents: Contents, wanted: references.Reference) -> bytes:
    there = Contents(world, origin["name"])
    manifest = there.manifest(wanted.repository, wanted.wanted)
    if manifest is None:
        raise AzureError(404, "ManifestUnknown", f"The image {wanted} could not be found.")
    content = there.content(manifest["digest"])
    parts = json.loads(content)
    for part in [parts["config"], *parts.get("layers", [])]:
        contents.put_blob(there.content(part["digest"]))
    return content


def _named(contents: Contents, wanted: references.Reference) -> bytes:
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers"}}).encode()
    contents.put_blob(config)
    media_type = "application/vnd.oci.image.config.v1+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": media_type, "digest": digest_of(config), "size": len(config)},
        "layers": [],
        "annotations": {"org.opencontainers.image.base.name": str(wanted)},
    }
    return json.dumps(manifest).encode()
