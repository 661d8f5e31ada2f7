"""Accounts with their rights, and the audit log of what people did."""
