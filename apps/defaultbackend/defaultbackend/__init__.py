"""What answers for hosts and paths that no ingress serves: a page that says so."""
