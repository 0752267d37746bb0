"""What the body of a managed cluster and of a node pool may hold, as the api of 2026-06-01 has it."""

from sandbox.arm.shapes import READ_ONLY, Choice, Fields

_ENABLED = Fields("Enabled", {"enabled": bool})
_COUNT = Fields("ManagedOutboundIPs", {"count": int, "countIPv6": int})
_REFERENCES = [Fields("ResourceReference", {"id": str})]

_POOL_MEMBERS = {
    "count": int,
    "vmSize": str,
    "osDiskSizeGB": int,
    "osDiskType": Choice("OSDiskType", ("Managed", "Ephemeral")),
    "kubeletDiskType": Choice("KubeletDiskType", ("OS", "Temporary")),
    "workloadRuntime": Choice("WorkloadRuntime", ("OCIContainer", "WasmWasi", "KataVmIsolation")),
    "messageOfTheDay": str,
    "vnetSubnetID": str,
    "podSubnetID": str,
    "podIPAllocationMode": Choice("PodIPAllocationMode", ("DynamicIndividual", "StaticBlock")),
    "maxPods": int,
    "osType": Choice("OSType", ("Linux", "Windows")),
    "osSKU": Choice(
        "OSSKU",
        ("Ubuntu", "Ubuntu2204", "Ubuntu2404", "AzureLinux", "AzureLinux3", "AzureContainerLinux", "Windows2022",
         "Windows2025"),
    ),
    "maxCount": int,
    "minCount": int,
    "enableAutoScaling": bool,
    "scaleDownMode": Choice("ScaleDownMode", ("Delete", "Deallocate")),
    "type": Choice("AgentPoolType", ("VirtualMachineScaleSets", "VirtualMachines", "AvailabilitySet")),
    "mode": Choice("AgentPoolMode", ("System", "User", "Gateway")),
    "orchestratorVersion": str,
    "upgradeSettings": Fields(
        "AgentPoolUpgradeSettings",
        {
            "maxSurge": str, "maxUnavailable": str, "drainTimeoutInMinutes": int, "nodeSoakDurationInMinutes": int,
            "undrainableNodeBehavior": Choice("UndrainableNodeBehavior", ("Cordon", "Schedule")),
        },
    ),
    "availabilityZones": [str],
    "enableNodePublicIP": bool,
    "nodePublicIPPrefixID": str,
    "scaleSetPriority": Choice("ScaleSetPriority", ("Regular", "Spot")),
    "scaleSetEvictionPolicy": Choice("ScaleSetEvictionPolicy", ("Delete", "Deallocate")),
    "spotMaxPrice": float,
    "tags": dict,
    "nodeLabels": dict,
    "nodeTaints": [str],
    "proximityPlacementGroupID": str,
    "kubeletConfig": dict,
    "linuxOSConfig": dict,
    "enableEncryptionAtHost": bool,
    "enableUltraSSD": bool,
    "enableFIPS": bool,
    "gpuInstanceProfile": str,
    "creationData": dict,
    "capacityReservationGroupID": str,
    "hostGroupID": str,
    "networkProfile": dict,
    "windowsProfile": dict,
    "securityProfile": dict,
    "gpuProfile": dict,
    "gatewayProfile": dict,
    "artifactStreamingProfile": dict,
    "virtualMachinesProfile": dict,
    "localDNSProfile": dict,
    "powerState": Fields("PowerState", {"code": Choice("Code", ("Running", "Stopped"))}),
    "eTag": READ_ONLY,
    "currentOrchestratorVersion": READ_ONLY,
    "nodeImageVersion": READ_ONLY,
    "provisioningState": READ_ONLY,
    "virtualMachineNodesStatus": READ_ONLY,
    "status": READ_ONLY,
}  # fmt: skip

POOL = Fields("ManagedClusterAgentPoolProfileProperties", _POOL_MEMBERS)

_NETWORK = Fields(
    "NetworkProfile",
    {
        "networkPlugin": Choice("NetworkPlugin", ("azure", "kubenet", "none")),
        "networkPluginMode": Choice("NetworkPluginMode", ("overlay",)),
        "networkPolicy": Choice("NetworkPolicy", ("none", "calico", "azure", "cilium")),
        "networkMode": Choice("NetworkMode", ("transparent", "bridge")),
        "networkDataplane": Choice("NetworkDataplane", ("azure", "cilium")),
        "advancedNetworking": dict,
        "podCidr": str,
        "serviceCidr": str,
        "dnsServiceIP": str,
        "outboundType": Choice(
            "OutboundType",
            ("loadBalancer", "userDefinedRouting", "managedNATGateway", "userAssignedNATGateway", "none"),
        ),
        "loadBalancerSku": Choice("LoadBalancerSku", ("standard", "basic")),
        "loadBalancerProfile": Fields(
            "LoadBalancerProfile",
            {
                "managedOutboundIPs": _COUNT,
                "outboundIPPrefixes": Fields("OutboundIPPrefixes", {"publicIPPrefixes": _REFERENCES}),
                "outboundIPs": Fields("OutboundIPs", {"publicIPs": _REFERENCES}),
                "effectiveOutboundIPs": READ_ONLY,
                "allocatedOutboundPorts": int,
                "idleTimeoutInMinutes": int,
                "enableMultipleStandardLoadBalancers": bool,
                "backendPoolType": Choice("BackendPoolType", ("nodeIPConfiguration", "nodeIP")),
            },
        ),
        "natGatewayProfile": dict,
        "staticEgressGatewayProfile": _ENABLED,
        "podCidrs": [str],
        "serviceCidrs": [str],
        "ipFamilies": [Choice("IPFamily", ("IPv4", "IPv6"))],
        "podLinkLocalAccess": READ_ONLY,
    },
)

CLUSTER = Fields(
    "ManagedClusterProperties",
    {
        "kubernetesVersion": str,
        "dnsPrefix": str,
        "fqdnSubdomain": str,
        "agentPoolProfiles": [Fields("ManagedClusterAgentPoolProfile", {"name": str, **_POOL_MEMBERS})],
        "linuxProfile": Fields("ContainerServiceLinuxProfile", {"adminUsername": str, "ssh": dict}),
        "windowsProfile": dict,
        "servicePrincipalProfile": Fields("ServicePrincipalProfile", {"clientId": str, "secret": str}),
        "addonProfiles": dict,
        "podIdentityProfile": dict,
        "oidcIssuerProfile": Fields("OIDCIssuerProfile", {"enabled": bool, "issuerURL": READ_ONLY}),
        "nodeResourceGroup": str,
        "nodeResourceGroupProfile": Fields(
            "NodeResourceGroupProfile", {"restrictionLevel": Choice("RestrictionLevel", ("Unrestricted", "ReadOnly"))}
        ),
        "enableRBAC": bool,
        "supportPlan": Choice("KubernetesSupportPlan", ("KubernetesOfficial", "AKSLongTermSupport")),
        "networkProfile": _NETWORK,
        "aadProfile": Fields(
            "AADProfile",
            {
                "managed": bool, "enableAzureRBAC": bool, "adminGroupObjectIDs": [str], "tenantID": str,
                "clientAppID": str, "serverAppID": str, "serverAppSecret": str,
            },
        ),
        "autoUpgradeProfile": Fields(
            "AutoUpgradeProfile",
            {
                "upgradeChannel": Choice("UpgradeChannel", ("rapid", "stable", "patch", "node-image", "none")),
                "nodeOSUpgradeChannel": Choice(
                    "NodeOSUpgradeChannel", ("None", "Unmanaged", "NodeImage", "SecurityPatch")
                ),
            },
        ),
        "upgradeSettings": dict,
        "autoScalerProfile": dict,
        "apiServerAccessProfile": Fields(
            "APIServerAccessProfile",
            {
                "authorizedIPRanges": [str], "enablePrivateCluster": bool, "privateDNSZone": str,
                "enablePrivateClusterPublicFQDN": bool, "disableRunCommand": bool, "enableVnetIntegration": bool,
                "subnetId": str,
            },
        ),
        "diskEncryptionSetID": str,
        "identityProfile": dict,
        "privateLinkResources": [dict],
        "disableLocalAccounts": bool,
        "httpProxyConfig": dict,
        "securityProfile": Fields(
            "SecurityProfile",
            {
                "defender": dict, "azureKeyVaultKms": dict, "customCATrustCertificates": [str],
                "workloadIdentity": _ENABLED,
                "imageCleaner": Fields("ImageCleaner", {"enabled": bool, "intervalHours": int}),
            },
        ),
        "storageProfile": Fields(
            "StorageProfile",
            {
                "diskCSIDriver": _ENABLED, "fileCSIDriver": _ENABLED, "blobCSIDriver": _ENABLED,
                "snapshotController": _ENABLED,
            },
        ),
        "ingressProfile": dict,
        "publicNetworkAccess": Choice("PublicNetworkAccess", ("Enabled", "Disabled")),
        "workloadAutoScalerProfile": Fields(
            "WorkloadAutoScalerProfile", {"keda": _ENABLED, "verticalPodAutoscaler": dict}
        ),
        "azureMonitorProfile": dict,
        "serviceMeshProfile": dict,
        "metricsProfile": Fields("MetricsProfile", {"costAnalysis": _ENABLED}),
        "nodeProvisioningProfile": Fields(
            "NodeProvisioningProfile",
            {
                "mode": Choice("NodeProvisioningMode", ("Manual", "Auto")),
                "defaultNodePools": Choice("DefaultNodePools", ("None", "Auto")),
            },
        ),
        "bootstrapProfile": Fields(
            "BootstrapProfile",
            {"artifactSource": Choice("ArtifactSource", ("Direct", "Cache")), "containerRegistryId": str},
        ),
        "aiToolchainOperatorProfile": dict,
        "schedulerProfile": dict,
        "hostedSystemProfile": dict,
        "provisioningState": READ_ONLY,
        "powerState": READ_ONLY,
        "maxAgentPools": READ_ONLY,
        "currentKubernetesVersion": READ_ONLY,
        "fqdn": READ_ONLY,
        "privateFQDN": READ_ONLY,
        "azurePortalFQDN": READ_ONLY,
        "resourceUID": READ_ONLY,
        "status": READ_ONLY,
        "eTag": READ_ONLY,
    },
)  # fmt: skip
