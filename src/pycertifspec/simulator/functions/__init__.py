"""The built-in functions of SPEC that need an instrument or a network, by subject."""
