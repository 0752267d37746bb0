"""Azure Container Registry: registries, their builds in the cloud, and the images that they hold."""
