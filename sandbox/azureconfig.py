"""az's configuration folder: ``AzureCloud`` points at the sandbox, the operator is signed in. No ``az
login`` needed."""

import configparser
import hashlib
import io
import json
from typing import TYPE_CHECKING

from sandbox import seed
from sandbox.home import Home
from sandbox.tls import private
from sandbox.world import SUBSCRIPTION_ID, SUBSCRIPTION_NAME, TENANT_ID

if TYPE_CHECKING:
    from sandbox.world import World

#: The version whose "is there a newer one?" question is answered beforehand, in years to come too.
_AZ_VERSION = "2.91.0"
_NEVER_CHECK_BEFORE = "2099-01-01 00:00:00.000000"
#: What was written last, so that what az or the user changed since is left alone.
_LEDGER = ".written.json"


def write(world: "World") -> None:
    """Write the files that are missing, or whose content would be another one than we wrote the last time."""
    folder = Home(world.home).azure
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ledger = folder / _LEDGER
    written = json.loads(ledger.read_text()) if ledger.exists() else {}
    digests = {}
    for name, text in _files(world).items():
        digests[name] = hashlib.sha256(text.encode()).hexdigest()
        if digests[name] != written.get(name) or not (folder / name).exists():
            private(folder / name, text.encode())
    if digests != written:
        private(ledger, json.dumps(digests).encode())


def _files(world: "World") -> dict[str, str]:
    base = f"{world.url}/"
    cloud = {
        "endpoint_active_directory": world.url,
        "endpoint_active_directory_resource_id": base,
        "endpoint_management": base,
        "endpoint_resource_manager": base,
        "endpoint_microsoft_graph_resource_id": base,
        "suffix_acr_login_server_endpoint": ".azurecr.localhost",
        "subscription": SUBSCRIPTION_ID,
    }
    subscription = {
        "id": SUBSCRIPTION_ID,
        "name": SUBSCRIPTION_NAME,
        "state": "Enabled",
        "user": {"name": seed.OPERATOR_APP_ID, "type": "servicePrincipal"},
        "isDefault": True,
        "tenantId": TENANT_ID,
        "environmentName": "AzureCloud",
        "homeTenantId": TENANT_ID,
        "managedByTenants": [],
    }
    operator = {
        "tenant": TENANT_ID,
        "client_id": seed.OPERATOR_APP_ID,
        "client_assertion": seed.secrets(world)["operator"]["assertion"],
    }
    config = {
        "cloud": {"name": "AzureCloud"},
        "core": {
            "collect_telemetry": "false",
            "instance_discovery": "false",
            "encrypt_token_cache": "false",
            "survey_message": "false",
        },
        "auto-upgrade": {"enable": "no", "prompt": "no"},
        "extension": {"use_dynamic_install": "no"},
    }
    versions = {name: {"local": _AZ_VERSION} for name in ("azure-cli", "core")}
    versions["telemetry"] = {"local": "1.1.0"}
    return {
        "clouds.config": _ini({"AzureCloud": cloud}),
        "config": _ini(config),
        "azureProfile.json": json.dumps({"installationId": SUBSCRIPTION_ID, "subscriptions": [subscription]}),
        "service_principal_entries.json": json.dumps([operator]),
        "versionCheck.json": json.dumps({"versions": versions, "update_time": _NEVER_CHECK_BEFORE}),
    }


def _ini(sections: dict[str, dict[str, str]]) -> str:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_dict(sections)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()
