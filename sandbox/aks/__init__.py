"""Azure Kubernetes Service: managed clusters, their node pools, and what Azure makes beside them."""
