"""The pages, one router each."""

from pipeline.desk.pages import (
    accounts,
    audit,
    calibration,
    call,
    dispute,
    disputes,
    home,
    mine,
    month,
    queue,
    rules,
    sampling,
    search,
    sign_in,
    verdict,
)

ROUTERS = (
    home.router,
    sign_in.router,
    accounts.router,
    audit.router,
    calibration.router,
    call.router,
    dispute.router,
    disputes.router,
    mine.router,
    month.router,
    queue.router,
    rules.router,
    sampling.router,
    search.router,
    verdict.router,
)
"""In the order in which they are asked."""
