"""The month: trial, closing and comparison, its report, and the ledger of consequences."""
