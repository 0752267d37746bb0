"""Entra ID: the directory of principals, the tokens they get, and the federation that lets them in without
a secret."""
