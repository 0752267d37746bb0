"""What makes a cluster live: Kubernetes' controllers, the kubelets, and the programs that the charts install."""
