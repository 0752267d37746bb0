"""The task graph: steps, goals, the executor that brings them about. It knows no cloud."""

import gc

from engine import invocation, loading

invocation.install()
loading.install()
gc.set_threshold(50_000)  # steps stay to the end: with thousands, looking for garbage takes a sixth of the time
