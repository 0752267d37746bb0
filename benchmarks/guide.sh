#!/usr/bin/env bash
# The commands of the guide of 2023, one after the other, in its order: what `inv lab` is measured against.
#
# What it had wrong, or what is gone since, is put right with the fewest commands: the second credential has a name of its
# own, ExternalDNS comes with a chart. Its one Bicep file is four templates here, with the role that its cluster lacked;
# charts lie on the disk, so no repository is added. It needs `eval "$(inv sandbox.env)"`, in the project's folder, and a
# sandbox on which it has not been run. COUNTED, a file, gets the name of each program that is started.
set -euo pipefail

for program in az kubectl helm; do
    eval "$program() { echo $program >>\"\${COUNTED:-/dev/null}\"; command $program \"\$@\"; }"
done
RG=rg-guide-aks CLUSTER=guide-aks ACR=acrguidelab RG_DNS=rg-core-dns DNS_ZONE=contoso.localhost
GRAPH=${GRAPH:-https://graph.microsoft.com}
deploy() {
    az deployment sub create --location norwayeast --name "guide-$1" --template-file "templates/azure/$1.json" \
        --parameters group=$RG 'tags={}' "${@:2}"
}
issuer() { az aks show --resource-group $RG --name $CLUSTER --query oidcIssuerProfile.issuerUrl -o tsv; }
identity() { az identity show --resource-group $RG --name "$1" --query "$2" -o tsv; }
federate() {
    az identity federated-credential create --name "$1" --identity-name "$2" --resource-group $RG --issuer "$3" \
        --subject "system:serviceaccount:$4"
}
app() { # name, image, variable, its value, service account, label
    cat <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: $1, namespace: $1}
spec:
  selector: {matchLabels: {app: $1}}
  template:
    metadata: {labels: {app: $1, azure.workload.identity/use: "$6"}}
    spec:
      serviceAccountName: $5
      containers:
        - {name: $1, image: $ACR_SERVER/$2, ports: [{containerPort: 8080}], env: [{name: $3, value: "$4"}]}
---
apiVersion: v1
kind: Service
metadata: {name: $1, namespace: $1}
spec: {selector: {app: $1}, ports: [{port: 80, targetPort: 8080}]}
YAML
}

# Variables, AKS, ACR and network
SUB_ID=$(az account show --query id -o tsv)
ADMINS=$(az ad group create --display-name aks-admins --mail-nickname aks-admins --query id -o tsv)
PROVIDERS=/subscriptions/$SUB_ID/resourceGroups/$RG/providers
SUBNET=$PROVIDERS/Microsoft.Network/virtualNetworks/vnet/subnets/aks
deploy network vnet=vnet addressSpace=10.20.0.0/16 subnet=aks subnetPrefix=10.20.0.0/22
deploy registry registry=$ACR
deploy identities 'identities=["aks-identity", "aks-infra-identity", "aks-app-identity"]'
az role assignment create --role "Network Contributor" --scope "$SUBNET" \
    --assignee "$(identity aks-identity clientId)"
deploy cluster cluster=$CLUSTER kubernetesVersion=1.35 nodeCount=2 nodeSize=Standard_D2s_v5 "subnet=$SUBNET" \
    "identity=$PROVIDERS/Microsoft.ManagedIdentity/userAssignedIdentities/aks-identity" \
    entra=false "adminGroups=[\"$ADMINS\"]"
az aks get-credentials --resource-group $RG --name $CLUSTER --overwrite-existing
ACR_SERVER=$(az acr list --resource-group $RG --query '[0].loginServer' -o tsv)
PRINCIPAL_ID=$(az aks show --resource-group $RG --name $CLUSTER --query identityProfile.kubeletidentity.clientId -o tsv)
az role assignment create --role AcrPull --assignee "$PRINCIPAL_ID" \
    --scope "$PROVIDERS/Microsoft.ContainerRegistry/registries/$ACR" # az aks update --attach-acr

# The infra workload identity and the system service account
OIDC_URL=$(issuer)
APP_ID=$(identity aks-infra-identity clientId)
kubectl create -f - <<YAML
{apiVersion: v1, kind: Namespace, metadata: {name: azure-workload-identity-system}}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: workload-identity-sa
  namespace: azure-workload-identity-system
  annotations: {azure.workload.identity/client-id: $APP_ID}
YAML
federate fic-infra aks-infra-identity "$OIDC_URL" azure-workload-identity-system:workload-identity-sa

# Ingress, and the default backend
helm install nginx-ingress sandbox/charts/ingress-nginx --create-namespace --namespace nginx
az acr build --registry $ACR --image nginx-default-backend:latest apps/defaultbackend
{
    echo '{apiVersion: v1, kind: Namespace, metadata: {name: nginx-default-backend}}'
    app nginx-default-backend nginx-default-backend:latest NOTHING "" default false
} | kubectl create -f -

# ExternalDNS
PRINCIPAL_ID=$(az aks show --resource-group $RG --name $CLUSTER --query identityProfile.kubeletidentity.clientId -o tsv)
DNS_ID=$(az network dns zone show --name $DNS_ZONE --resource-group $RG_DNS --query id -o tsv)
az role assignment create --role "DNS Zone Contributor" --assignee "$PRINCIPAL_ID" --scope "$DNS_ID"
TENANT_ID=$(az account show --query tenantId -o tsv)
SUBSCRIPTION_ID=$(az account show --query id -o tsv)
helm install external-dns sandbox/charts/external-dns --create-namespace --namespace external-dns --values - <<YAML
provider: {name: azure}
sources: [ingress]
domainFilters: [$DNS_ZONE]
txtOwnerId: guide
secretConfiguration:
  enabled: true
  mountPath: /etc/kubernetes
  data:
    azure.json: |
      {"tenantId": "$TENANT_ID", "subscriptionId": "$SUBSCRIPTION_ID", "resourceGroup": "$RG_DNS",
       "useManagedIdentityExtension": true, "userAssignedIdentityID": "$PRINCIPAL_ID"}
YAML

# cert-manager
CLIENT_ID=$(identity aks-infra-identity clientId)
az role assignment create --role "DNS Zone Contributor" --assignee "$CLIENT_ID" --scope "$DNS_ID"
OIDC_URL=$(issuer)
federate fic-certmanager aks-infra-identity "$OIDC_URL" cert-manager:cert-manager
helm install cert-manager sandbox/charts/cert-manager --create-namespace --namespace cert-manager --wait \
    --set crds.enabled=true --set-string 'podLabels.azure\.workload\.identity/use=true'
kubectl apply -f - <<YAML
apiVersion: cert-manager.io/v1
kind: ClusterIssuer
metadata: {name: letsencrypt}
spec:
  acme:
    server: https://acme-staging-v02.api.letsencrypt.org/directory
    privateKeySecretRef: {name: letsencrypt}
    solvers:
      - dns01:
          azureDNS: {subscriptionID: $SUB_ID, resourceGroupName: $RG_DNS, hostedZoneName: $DNS_ZONE,
            environment: AzurePublicCloud, managedIdentity: {clientID: $CLIENT_ID}}
YAML

# The application
CLIENT_ID=$(identity aks-app-identity clientId)
az acr build --registry $ACR --image wi-front:latest apps/frontend
az acr build --registry $ACR --image wi-back:latest apps/backend
OIDC_URL=$(issuer)
federate fic-workload aks-app-identity "$OIDC_URL" backend:workload-identity-sa
PRINCIPAL_ID=$(identity aks-app-identity principalId)
GRAPH_ID=$(az rest --method GET --query 'value[0].id' -o tsv \
    --url "$GRAPH/v1.0/servicePrincipals?%24filter=appId eq '00000003-0000-0000-c000-000000000000'")
az rest --method POST --url "$GRAPH/v1.0/servicePrincipals/$GRAPH_ID/appRoleAssignedTo" \
    --headers Content-Type=application/json --body "{\"principalId\": \"$PRINCIPAL_ID\", \"resourceId\": \"$GRAPH_ID\",
    \"appRoleId\": \"df021288-bdef-4463-88db-98f22de89214\"}"
{
    cat <<YAML
{apiVersion: v1, kind: Namespace, metadata: {name: backend}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: frontend}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: workload-identity-sa, namespace: backend, annotations: {azure.workload.identity/client-id: $CLIENT_ID}}
YAML
    app backend wi-back:latest GRAPH_URL "$GRAPH" workload-identity-sa true
    app frontend wi-front:latest BACKEND_URL http://backend.backend default false
    cat <<YAML
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: frontend, namespace: frontend, annotations: {cert-manager.io/cluster-issuer: letsencrypt}}
spec:
  ingressClassName: nginx
  tls: [{hosts: [guide.$DNS_ZONE], secretName: tls}]
  rules:
    - host: guide.$DNS_ZONE
      http:
        paths: [{path: /, pathType: Prefix, backend: {service: {name: frontend, port: {number: 80}}}}]
YAML
} | kubectl apply -f -
