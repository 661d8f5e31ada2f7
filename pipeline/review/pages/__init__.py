"""The pages, one router each."""

from pipeline.review.pages import accounts, audit, dispute, disputes, home, mine, sign_in, verdict

ROUTERS = (
    home.router,
    sign_in.router,
    accounts.router,
    audit.router,
    verdict.router,
    mine.router,
    disputes.router,
    dispute.router,
)
"""In the order in which they are asked."""
