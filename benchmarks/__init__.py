"""How fast it is, beside others on the same machine in the same minutes: `python -m benchmarks` prints the ratios.

Nothing here is a test: a figure depends on the machine, a ratio of two runs that took turns hardly does.
"""
