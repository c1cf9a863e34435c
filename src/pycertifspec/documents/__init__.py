"""SPEC's scans as event-model documents: composed, kept, sent and written to files (extra `documents`)."""
