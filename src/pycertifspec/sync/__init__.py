"""The blocking face: carries the bytes over a socket of its own, and waits."""
