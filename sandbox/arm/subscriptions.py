"""Endpoints above resource groups: subscriptions, tenants, locations, providers, the cloud's metadata."""

from starlette.responses import JSONResponse, Response

from sandbox.arm import answers, api_versions, locations, refusals, registrations, roles
from sandbox.arm.endpoints import Call, endpoint
from sandbox.world import SUBSCRIPTION_ID, SUBSCRIPTION_NAME, TENANT_DOMAIN, TENANT_ID, TENANT_NAME


def require(call: Call, offered: frozenset[str] = api_versions.SUBSCRIPTIONS) -> str:
    """The subscription of the path, if it is there; else SubscriptionNotFound (or a refusal of the api-version)."""
    check_api_version(call, offered)
    subscription = call.names["subscription"]
    if subscription.lower() != SUBSCRIPTION_ID:
        raise refusals.subscription_not_found(subscription)
    return subscription


def check_api_version(call: Call, offered: frozenset[str] = api_versions.SUBSCRIPTIONS) -> None:
    """Raise Azure's refusal unless the request names one of these api-versions."""
    call.require_api_version()
    if call.api_version not in offered:
        raise refusals.api_version_invalid(call.api_version, offered)


def _subscription() -> dict[str, object]:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION_ID}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
        "displayName": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _sees(call: Call) -> bool:
    """A subscription is seen by whoever has any role at or below it."""
    scope = f"/subscriptions/{SUBSCRIPTION_ID}"
    return roles.holds_any(call.world, call.principal, scope)


@endpoint("GET", "/subscriptions")
async def _subscriptions(call: Call) -> Response:
    check_api_version(call)
    return JSONResponse({"value": [_subscription()] if _sees(call) else [], "count": {"type": "Total", "value": 1}})


@endpoint("GET", "/subscriptions/{subscription}")
async def _one(call: Call) -> Response:
    subscription = require(call)
    if not _sees(call):
        raise refusals.subscription_not_found(subscription)
    return JSONResponse(_subscription())


@endpoint("GET", "/tenants")
async def _tenants(call: Call) -> Response:
    check_api_version(call)
    return answers.listed(
        [
            {
                "id": f"/tenants/{TENANT_ID}",
                "tenantId": TENANT_ID,
                "displayName": TENANT_NAME,
                "defaultDomain": TENANT_DOMAIN,
                "domains": [TENANT_DOMAIN],
                "tenantCategory": "Home",
                "countryCode": "NO",
                "tenantType": "AAD",
            }
        ]
    )


@endpoint("GET", "/subscriptions/{subscription}/locations")
async def _locations(call: Call) -> Response:
    subscription = require(call)
    return answers.listed([locations.document(subscription, name) for name in locations.REGIONS])


@endpoint("GET", "/providers")
async def _all_providers(call: Call) -> Response:
    check_api_version(call)
    documents = [registrations.document(call.world, SUBSCRIPTION_ID, name) for name in registrations.NAMESPACES]
    return answers.listed(documents)


@endpoint("GET", "/subscriptions/{subscription}/providers")
async def _providers(call: Call) -> Response:
    subscription = require(call)
    documents = [registrations.document(call.world, subscription, name) for name in registrations.NAMESPACES]
    return answers.listed(documents)


@endpoint("GET", "/subscriptions/{subscription}/providers/{namespace}")
async def _provider(call: Call) -> Response:
    subscription = require(call)
    namespace = registrations.canonical(call.names["namespace"])
    return JSONResponse(registrations.document(call.world, subscription, namespace))


@endpoint("POST", "/subscriptions/{subscription}/providers/{namespace}/register")
async def _register(call: Call) -> Response:
    return _registration(call, True)


@endpoint("POST", "/subscriptions/{subscription}/providers/{namespace}/unregister")
async def _unregister(call: Call) -> Response:
    return _registration(call, False)


def _registration(call: Call, wanted: bool) -> Response:
    subscription = require(call)
    namespace = registrations.canonical(call.names["namespace"])
    verb = "register" if wanted else "unregister"
    roles.require(call.world, call.principal, f"{namespace}/{verb}/action", f"/subscriptions/{subscription}")
    registrations.set_registered(call.world, namespace, wanted)
    return JSONResponse(registrations.document(call.world, subscription, namespace))


@endpoint("GET", "/metadata/endpoints")
async def _metadata(call: Call) -> Response:
    """What ``az cloud register --endpoint-resource-manager`` reads."""
    url = call.world.url
    cloud = {
        "name": "Sandbox",
        "portal": url,
        "authentication": {
            "loginEndpoint": url, "audiences": [f"{url}/"], "tenant": "common", "identityProvider": "AAD",
        },
        "resourceManager": url,
        "graph": url,
        "graphAudience": f"{url}/",
        "microsoftGraphResourceId": f"{url}/",
        "media": url,
        "batch": url,
        "gallery": url,
        "activeDirectoryDataLake": url,
        "sqlManagement": url,
        "vmImageAliasDoc": f"{url}/metadata/aliases.json",
        "suffixes": {
            "acrLoginServer": "azurecr.localhost", "storage": "core.localhost", "keyVaultDns": "vault.localhost",
        },
    }  # fmt: skip
    latest = call.request.query_params.get("api-version", "") >= "2019-05-01"
    return JSONResponse([cloud] if latest and call.api_version < "2022-09-01" else cloud)
