"""A managed cluster's ``properties`` as they would stand: what was, what is asked for, and what Azure fills in."""

import re
import uuid

from sandbox.aks import networks, pools, refusals, versions
from sandbox.aks.merging import merged
from sandbox.arm.ids import ResourceId
from sandbox.entra import principals
from sandbox.store import Document
from sandbox.world import TENANT_ID, World

_FIXED = ("dnsPrefix", "fqdnSubdomain", "nodeResourceGroup", "diskEncryptionSetID")
_FIXED_NETWORK = ("networkPlugin", "serviceCidr", "dnsServiceIP", "loadBalancerSku")
#: Clusters of this version and newer have an OIDC issuer unless they say otherwise (AKS release of 2025-09-21).
_ISSUER_SINCE = (1, 34)


def _defaults(id: ResourceId, location: str) -> Document:
    return {
        "dnsPrefix": f"{id.name}-dns"[:54],
        "nodeResourceGroup": f"MC_{id.group}_{id.name}_{location}"[:80],
        "enableRBAC": True,
        "supportPlan": "KubernetesOfficial",
        "disableLocalAccounts": False,
        "maxAgentPools": 100,
        "servicePrincipalProfile": {"clientId": "msi"},
        "autoUpgradeProfile": {"nodeOSUpgradeChannel": "NodeImage"},
        "securityProfile": {},
        "storageProfile": {
            "diskCSIDriver": {"enabled": True},
            "fileCSIDriver": {"enabled": True},
            "snapshotController": {"enabled": True},
        },
        "workloadAutoScalerProfile": {},
        "metricsProfile": {"costAnalysis": {"enabled": False}},
        "nodeProvisioningProfile": {"mode": "Manual", "defaultNodePools": "Auto"},
        "bootstrapProfile": {"artifactSource": "Direct"},
        "powerState": {"code": "Running"},
    }


def wanted(
    world: World, id: ResourceId, location: str, given: Document, existing: Document | None, tier: str
) -> Document:
    """The properties that a body's (already in shape) would give the cluster. Raises AKS's refusals."""
    asked = {field: value for field, value in given.items() if value not in ("", [])}
    properties = merged(merged(_defaults(id, location), existing or {}), asked)
    _check_fixed(existing, properties)
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,52}[A-Za-z0-9])?", properties["dnsPrefix"]):
        raise refusals.naming(
            "dnsPrefix",
            f"DNS prefix '{properties['dnsPrefix']}' is invalid. It must start and end with a letter or a digit, "
            "contain only letters, digits and hyphens, and have at most 54 characters.",
        )
    properties |= _version(id, properties, existing, tier)
    _check_sign_in(world, properties)
    _check_issuer(properties, asked, existing)
    properties["networkProfile"] = networks.filled(properties.get("networkProfile", {}))
    for field in _FIXED_NETWORK if existing else ():
        if existing["networkProfile"].get(field) != properties["networkProfile"].get(field):  # type: ignore[index]
            raise refusals.unchangeable(f"networkProfile.{field}")
    properties["agentPoolProfiles"] = _pools(world, id, location, asked, existing, properties)
    for subnet in networks.subnets(properties):
        networks.check_subnet(world, subnet, properties["networkProfile"])
    return properties | {"provisioningState": "Succeeded"}


def _check_fixed(existing: Document | None, properties: Document) -> None:
    for field in _FIXED if existing else ():
        if existing.get(field) != properties.get(field):  # type: ignore[union-attr]
            raise refusals.unchangeable(field)


def _version(id: ResourceId, properties: Document, existing: Document | None, tier: str) -> Document:
    """``kubernetesVersion`` as asked for, and the patch that runs."""
    asked = properties.get("kubernetesVersion") or versions.DEFAULT
    patch, standing = versions.patch_of(asked), (existing or {}).get("currentKubernetesVersion")
    if standing and (asked == standing or standing.startswith(f"{asked}.")):
        patch = standing  # a minor version alone asks for no newer patch
    if patch is None:
        raise refusals.version_unsupported(id.name, asked)
    long_term = properties["supportPlan"] == versions.LONG_TERM
    if long_term and tier != "Premium":
        raise refusals.invalid("supportPlan", "Support plan AKSLongTermSupport requires the Premium tier.")
    if not versions.minor_of(patch).official and not long_term:
        raise refusals.version_long_term_only(id.name, patch)
    if standing and patch != standing and patch not in versions.upgrades_from(standing):
        raise refusals.upgrade_not_allowed(standing, patch, versions.upgrades_from(standing))
    return {"kubernetesVersion": asked, "currentKubernetesVersion": patch}


def _check_sign_in(world: World, properties: Document) -> None:
    profile = properties.get("aadProfile")
    if profile is None:
        if properties["disableLocalAccounts"]:
            raise refusals.invalid(
                "disableLocalAccounts", "Local accounts can be disabled only in clusters with Azure AD integration."
            )
        return
    if not profile.get("managed") or profile.get("serverAppID"):
        raise refusals.invalid(
            "aadProfile", "Legacy Azure AD integration is retired. Please use AKS-managed Azure AD (managed: true)."
        )
    if profile.get("enableAzureRBAC") and not properties["enableRBAC"]:
        raise refusals.invalid("aadProfile.enableAzureRBAC", "Azure RBAC requires Kubernetes RBAC to be enabled.")
    for group in profile.get("adminGroupObjectIDs", []):
        document = principals.get(world, group) if _is_guid(group) else None
        if document is None or document["@odata.type"] != principals.GROUP:
            raise refusals.invalid(
                "aadProfile.adminGroupObjectIDs", f"{group} is not the object id of a group in tenant {TENANT_ID}."
            )
    properties["aadProfile"] = {"enableAzureRBAC": False, "tenantID": TENANT_ID} | profile


def _is_guid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def _check_issuer(properties: Document, asked: Document, existing: Document | None) -> None:
    recent = versions.number(properties["currentKubernetesVersion"])[:2] >= _ISSUER_SINCE
    before = (existing or {}).get("oidcIssuerProfile", {})
    issuer = {"enabled": recent and existing is None, **before, **asked.get("oidcIssuerProfile", {})}
    if before.get("enabled") and not issuer["enabled"]:
        raise refusals.issuer_stays()
    if properties["securityProfile"].get("workloadIdentity", {}).get("enabled") and not issuer["enabled"]:
        raise refusals.issuer_needed()
    properties["oidcIssuerProfile"] = issuer


def _pools(
    world: World, id: ResourceId, location: str, asked: Document, existing: Document | None, properties: Document
) -> list[Document]:
    """The pools with what was filled in; pools that the body leaves out stay as they are."""
    standing = {pool["name"]: pool for pool in (existing or {}).get("agentPoolProfiles", [])}
    if not asked.get("agentPoolProfiles") and not standing:
        raise refusals.missing("agentPoolProfiles")
    found = dict(standing)
    names = [str(pool.get("name", "")) for pool in asked.get("agentPoolProfiles", [])]
    for name, given in zip(names, asked.get("agentPoolProfiles", []), strict=True):
        if not name:
            raise refusals.missing("agentPoolProfile.name")
        if names.count(name) > 1:
            raise refusals.invalid("agentPoolProfile.name", f"Agent pool name {name} is used more than once.")
        first = {"mode": "System"} if len(names) == 1 and not standing else {}
        pool = pools.filled(first | given, standing.get(name), properties)
        pools.check(pool, standing.get(name), location)
        found[name] = pool
    pools.check_all(world, id.text, location, list(found.values()))
    return list(found.values())
