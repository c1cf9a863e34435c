"""A whole SPEC, simulated: its language, motors, counters, scans and data files."""
