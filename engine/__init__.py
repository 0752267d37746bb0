"""The task graph: steps, goals, the executor that brings them about. It knows no cloud."""
