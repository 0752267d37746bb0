"""cert-manager, played: its issuers, certificates, requests, orders and challenges, while its deployment is ready."""
