"""Calls: the record of each, what was heard of it, and how the machine judged it."""
