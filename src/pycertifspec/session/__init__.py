"""The conversation: what is said, what an answer means, what comes next; no I/O, no clock."""
