"""Running plans: what is read, what is done to it, and who does it."""
