"""People: who they are, what they decided, and the log of what they did."""
