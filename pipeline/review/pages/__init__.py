"""The pages, one router each."""

from pipeline.review.pages import accounts, audit, home, queue, sampling, sign_in

ROUTERS = (home.router, sign_in.router, accounts.router, audit.router, queue.router, sampling.router)
"""In the order in which they are asked."""
