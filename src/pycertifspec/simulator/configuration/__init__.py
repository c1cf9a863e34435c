"""How a beamline is described in a file, TOML or SPEC's own `config`, and what such a file says."""
