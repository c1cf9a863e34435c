"""SPEC's scans as event-model documents: composed, kept, sent and written as data files (optional extra `documents`)."""
