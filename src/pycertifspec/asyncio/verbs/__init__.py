"""What a client does, by subject: `AsyncClient` has each of these functions as a method."""
