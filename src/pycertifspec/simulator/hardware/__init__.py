"""The simulated hardware: motors and counters that are functions of time; no socket, no file."""
