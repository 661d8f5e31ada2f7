"""The pages, one router each."""

from pipeline.review.pages import accounts, audit, call, home, queue, sampling, sign_in, verdict

ROUTERS = (
    home.router,
    sign_in.router,
    accounts.router,
    audit.router,
    call.router,
    queue.router,
    sampling.router,
    verdict.router,
)
"""In the order in which they are asked."""
