"""The task graph: steps, goals, the executor that brings them about. It knows no cloud."""

from engine import invocation, loading

invocation.install()
loading.install()
