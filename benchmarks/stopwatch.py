"""Runs a command, and writes down what it took: `python -I -S stopwatch.py DESCRIPTOR COMMAND...`.

A process of its own, and a small one: Linux counts what whoever starts a command has had in memory towards that
command's peak, so that nothing is seen to take less than its parent. What takes less than this one still shows as much.
"""

import os
import sys
import time

began = time.perf_counter()
pid = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, used = os.wait4(pid, 0)
took = time.perf_counter() - began
told = (took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))
os.write(int(sys.argv[1]), " ".join(map(str, told)).encode())
