"""The resource types of Azure's own namespaces, one file a namespace."""
