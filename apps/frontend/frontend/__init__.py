"""The sample's frontend: one page. It has no identity; it asks the backend inside the cluster."""
