"""Containers of images that were built in the sandbox: local processes with the container's environment."""
