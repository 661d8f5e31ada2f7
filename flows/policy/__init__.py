"""Lexicons, rulebooks and scorecards in force, and tried before they count."""
