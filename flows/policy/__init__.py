"""Phrase lists, rules and standards in force, tried before they ship, and released."""
