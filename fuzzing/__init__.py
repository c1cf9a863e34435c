"""One target per decoder: `python -m fuzzing.decoder`."""
