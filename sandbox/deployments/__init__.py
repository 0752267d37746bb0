"""Template deployments: ARM's own language evaluated, resources deployed in dependency order, what-if and history."""
