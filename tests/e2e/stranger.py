"""A program that is not the lab's: the official Kubernetes client asks for a service account's token, azure-identity
exchanges it for one of Microsoft Graph. Prints what the token is for, or Entra's refusal.

Arguments: namespace/account, client id, tenant id, authority, Graph's base URL."""

import base64
import json
import sys
import tempfile
from pathlib import Path

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import WorkloadIdentityCredential
from kubernetes import client, config

subject, client_id, tenant_id, authority, graph = sys.argv[1:]
namespace, account = subject.split("/")

config.load_kube_config()
request = client.AuthenticationV1TokenRequest(
    spec=client.V1TokenRequestSpec(audiences=["api://AzureADTokenExchange"], expiration_seconds=3600)
)
issued = client.CoreV1Api().create_namespaced_service_account_token(account, namespace, request)

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "token"
    file.write_text(issued.status.token)
    credential = WorkloadIdentityCredential(
        tenant_id=tenant_id, client_id=client_id, token_file_path=str(file), authority=authority
    )
    try:
        token = credential.get_token(f"{graph}/.default").token
    except ClientAuthenticationError as error:
        print(json.dumps({"refused": error.message}))
    else:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        print(json.dumps({"appid": claims["appid"], "roles": claims["roles"]}))
