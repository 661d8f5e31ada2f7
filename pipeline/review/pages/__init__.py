"""The pages, one router each."""

from pipeline.review.pages import (
    accounts,
    audit,
    call,
    dispute,
    disputes,
    home,
    mine,
    queue,
    sampling,
    sign_in,
    verdict,
)

ROUTERS = (
    home.router,
    sign_in.router,
    accounts.router,
    audit.router,
    call.router,
    queue.router,
    sampling.router,
    verdict.router,
    verdict.router,
    mine.router,
    disputes.router,
    dispute.router,
)
"""In the order in which they are asked."""
