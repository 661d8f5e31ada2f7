"""The pages, one router each."""

from pipeline.review.pages import accounts, audit, home, month, rules, sign_in

ROUTERS = (home.router, sign_in.router, accounts.router, audit.router, month.router, rules.router)
"""In the order in which they are asked."""
