"""The pages, one router each."""

from pipeline.review.pages import accounts, audit, home, sign_in

ROUTERS = (home.router, sign_in.router, accounts.router, audit.router)
"""In the order in which they are asked."""
