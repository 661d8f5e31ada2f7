"""Disputes of an answer: what can be disputed, until when, in which rounds, and by whom it is decided."""
