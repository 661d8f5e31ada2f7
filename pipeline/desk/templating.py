"""Templates: filled in with everything escaped, and with how instants, places and figures are shown.

Knows Jinja2; not what a page is about.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request

from pipeline.access.accounts import POSTS, Right
from pipeline.call import SHANGHAI
from pipeline.hearing.turns import Role
from pipeline.month.workbook.wording import STATUS
from pipeline.review.disputes.policy import last_day
from pipeline.timeline import place
from pipeline.titles import OUTCOMES, shown_detector, shown_term, shown_value

ROLES = {Role.AGENT: "坐席", Role.CUSTOMER: "客户", Role.UNKNOWN: "录音播报"}
NONE = "—"


def when(at: datetime | None) -> str:
    """An instant in Asia/Shanghai, to the minute."""
    return NONE if at is None else f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def day(at: datetime | date | None) -> str:
    """The day of an instant in Asia/Shanghai."""
    if at is None:
        return NONE
    return f"{at.astimezone(SHANGHAI) if isinstance(at, datetime) else at:%Y-%m-%d}"


def points(value: float | None) -> str:
    """Points or a score, to one decimal, without a needless zero.

    Examples
    --------
    >>> points(8.0), points(7.25), points(None)
    ('8', '7.2', '—')
    """
    return NONE if value is None else f"{value:.1f}".removesuffix(".0")


def percent(share: float | None) -> str:
    """A share, 0..1, in percent."""
    return NONE if share is None else f"{share:.0%}"


environment = Environment(
    loader=PackageLoader("pipeline.desk"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters |= {
    "when": when,
    "day": day,
    "last_day": last_day,
    "points": points,
    "percent": percent,
    "place": place,
    "detector": shown_detector,
    "term": shown_term,
}
environment.globals |= {
    "Right": Right,
    "POSTS": POSTS,
    "ROLES": ROLES,
    "STATUS": STATUS,
    "OUTCOMES": OUTCOMES,
    "shown_value": shown_value,
}


def rendered(template: str, request: Request, **values: Any) -> str:
    """A template with its values, and ``is_partial`` where htmx asks for a part of a page."""
    shared = {"nonce": request.state.nonce, "path": request.url.path, "visit": None}
    is_partial = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    return environment.get_template(template).render(shared | {"is_partial": is_partial} | values)
