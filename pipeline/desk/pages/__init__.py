"""The pages: each module declares one as `PAGE`, and what follows from it is derived from there."""

from __future__ import annotations

from functools import cache

from pipeline.desk.page import Page, checked
from pipeline.desk.pages import (
    accounts,
    audit,
    calibration,
    call,
    coaching,
    dispute_form,
    disputes,
    fairness,
    form,
    home,
    month,
    overrides,
    own_calls,
    quality,
    queue,
    ratings,
    review,
    rules,
    sampling_plans,
    search,
    sign_in,
    tiers,
)
from pipeline.extensions import extensions

OWN = (
    home.PAGE,
    sign_in.PAGE,
    queue.PAGE,
    sampling_plans.PAGE,
    call.PAGE,
    form.PAGE,
    review.PAGE,
    dispute_form.PAGE,
    own_calls.PAGE,
    disputes.PAGE,
    calibration.PAGE,
    month.PAGE,
    tiers.PAGE,
    ratings.PAGE,
    coaching.PAGE,
    overrides.PAGE,
    fairness.PAGE,
    rules.PAGE,
    search.PAGE,
    quality.PAGE,
    audit.PAGE,
    accounts.PAGE,
)
"""In the order of the navigation; what other packages add comes after them."""


@cache
def pages() -> tuple[Page, ...]:
    """Every page: the desk's own, and those that installed packages declare as ``callqa.pages``.

    Raises
    ------
    ConfigurationError
        If one cannot be loaded, or takes an address of another one.
    """
    return checked((*OWN, *extensions("callqa.pages", Page)))
