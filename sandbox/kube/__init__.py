"""The Kubernetes API of the sandbox's clusters: the real kubectl, helm and client libraries talk to it."""
