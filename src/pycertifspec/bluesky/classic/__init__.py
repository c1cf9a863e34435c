"""A motor for the classic ophyd, and SPEC's geometry as a solver of hklpy2, which stands on it (extra `hklpy2`)."""
