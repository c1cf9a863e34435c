"""SPEC's scans as event-model documents: composed, kept, sent, written as data files (extra `documents`)."""
