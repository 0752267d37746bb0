"""Azure Resource Manager: resources by id, their types, their providers, roles, locks and groups."""
