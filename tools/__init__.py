"""Verbs for az, kubectl and helm: what to ask and what to run. They hold no state and run nothing themselves."""
