"""Azure's regions, as far as the sandbox offers them."""

#: name -> (display name, geography group, longitude, latitude, paired region)
REGIONS: dict[str, tuple[str, str, str, str, str]] = {
    "australiaeast": ("Australia East", "Asia Pacific", "151.2094", "-33.86", "australiasoutheast"),
    "canadacentral": ("Canada Central", "Canada", "-79.383", "43.653", "canadaeast"),
    "centralus": ("Central US", "US", "-93.6208", "41.5908", "eastus2"),
    "eastus": ("East US", "US", "-79.8164", "37.3719", "westus"),
    "eastus2": ("East US 2", "US", "-78.3889", "36.6681", "centralus"),
    "francecentral": ("France Central", "Europe", "2.373", "46.3772", "francesouth"),
    "germanywestcentral": ("Germany West Central", "Europe", "8.682127", "50.110924", "germanynorth"),
    "japaneast": ("Japan East", "Asia Pacific", "139.77", "35.68", "japanwest"),
    "northeurope": ("North Europe", "Europe", "-6.2597", "53.3478", "westeurope"),
    "norwayeast": ("Norway East", "Europe", "10.752245", "59.913868", "norwaywest"),
    "southeastasia": ("Southeast Asia", "Asia Pacific", "103.833", "1.283", "eastasia"),
    "swedencentral": ("Sweden Central", "Europe", "17.14127", "60.67488", "swedensouth"),
    "switzerlandnorth": ("Switzerland North", "Europe", "8.564572", "47.451542", "switzerlandwest"),
    "uksouth": ("UK South", "Europe", "-0.799", "50.941", "ukwest"),
    "westeurope": ("West Europe", "Europe", "4.9", "52.3667", "northeurope"),
    "westus2": ("West US 2", "US", "-119.852", "47.233", "westcentralus"),
    "westus3": ("West US 3", "US", "-112.074036", "33.448376", "eastus"),
}

GLOBAL = "global"


def normal(location: str) -> str:
    """``West Europe`` and ``westeurope`` are the same place."""
    return location.replace(" ", "").lower()


def display_name(location: str) -> str:
    return REGIONS[location][0] if location in REGIONS else location


def document(subscription: str, name: str) -> dict[str, object]:
    """The region as ``GET /subscriptions/S/locations`` lists it."""
    display, group, longitude, latitude, pair = REGIONS[name]
    return {
        "id": f"/subscriptions/{subscription}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": display,
        "regionalDisplayName": f"({group}) {display}",
        "metadata": {
            "regionType": "Physical",
            "regionCategory": "Recommended",
            "geographyGroup": group,
            "longitude": longitude,
            "latitude": latitude,
            "pairedRegion": [{"name": pair, "id": f"/subscriptions/{subscription}/locations/{pair}"}],
        },
    }
