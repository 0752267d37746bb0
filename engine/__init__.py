"""The task graph: steps, goals, the executor that brings them about. It knows no cloud."""

import gc
import sys

# Invoke asks Python to keep no compiled files, which would compile all of ours at each start: half of its time.
sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)

from engine import interruption, invocation, loading  # noqa: E402

interruption.expect()
invocation.install()
loading.install()
gc.set_threshold(50_000)  # steps stay to the end: with thousands, looking for garbage takes a sixth of the time
