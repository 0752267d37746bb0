"""ExternalDNS, played: the records of Ingresses and Services in Azure DNS, while its deployment is ready."""
