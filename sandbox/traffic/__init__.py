"""What goes to pods: between them through a forward proxy, and from outside through the ingress."""
