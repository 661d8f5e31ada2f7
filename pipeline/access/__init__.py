"""Who may do what, and who did it: accounts with their rights, and the audit log."""
