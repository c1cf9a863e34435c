"""What a client does, by subject: `Client` has each of these functions as a method."""
