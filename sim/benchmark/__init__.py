"""How fast is it? `python -m sim.benchmark` measures, prints a table, and writes figures and plots."""
