"""An embedded Azure and Kubernetes for the real az, kubectl and helm. Knows nothing of the lab that runs on
it."""
