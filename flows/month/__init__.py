"""The month tried, closed and compared, and its ledger."""
