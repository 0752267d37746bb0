"""The sample's backend: asks Microsoft Graph for the tenant's name, and holds no secret to do so."""
