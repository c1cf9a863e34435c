"""The devices that the original pycertifspec had for Bluesky, by name, argument and data key."""
