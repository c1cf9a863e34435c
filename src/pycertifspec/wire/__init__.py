"""Bytes to messages and bodies to Python values, and back; no I/O, no clock."""
