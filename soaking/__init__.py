"""What must hold for long: `make soak`."""
