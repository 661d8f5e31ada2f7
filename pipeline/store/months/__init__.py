"""Months: closings, the rows of agents and teams, improvement plans and the ledger."""
