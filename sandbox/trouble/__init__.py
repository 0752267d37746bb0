"""Trouble on purpose: faults of Azure and of networks, injected by a seeded plan, each where it really happens."""
