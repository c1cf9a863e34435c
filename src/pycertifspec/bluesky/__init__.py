"""SPEC instruments as Bluesky's devices, for ophyd-async and for the classic ophyd (optional extra `bluesky`)."""
