"""Templates: filled in with everything escaped, and with how instants, places and figures are shown.

Knows Jinja2; not what a page is about.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined
from starlette.requests import Request

from pipeline.access.accounts import Right
from pipeline.call import SHANGHAI
from pipeline.desk.addresses import call_address
from pipeline.errors import ConfigurationError
from pipeline.hearing.turns import Role
from pipeline.review.disputes.policy import last_day
from pipeline.review.suspected import subject_title
from pipeline.tally import shown
from pipeline.timeline import place

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
    """Points or a score as everywhere, or that there are none.

    Examples
    --------
    >>> points(8.0), points(7.25), points(None)
    ('8', '7.25', '—')
    """
    return NONE if value is None else shown(value)


def percent(share: float | None) -> str:
    """A share, 0..1, in percent."""
    return NONE if share is None else f"{share:.0%}"


_own = PackageLoader("pipeline.desk")
environment = Environment(
    loader=_own,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters |= {
    "call_address": call_address,
    "when": when,
    "day": day,
    "last_day": last_day,
    "points": points,
    "percent": percent,
    "place": place,
    "subject": subject_title,
}
environment.globals |= {
    "Right": Right,
    "Role": Role,
}


def with_templates(packages: Iterable[str]) -> Environment:
    """The desk's templates, with those of other packages, each under the package's name: ``ours/today.html``.

    Raises
    ------
    ConfigurationError
        If a package has no templates.
    """
    others = {}
    for package in dict.fromkeys(packages):
        try:
            others[package] = PackageLoader(package)
        except (ValueError, ImportError) as error:
            raise ConfigurationError(f"the page of {package} has no folder of templates: {error}") from error
    return environment.overlay(loader=ChoiceLoader([_own, PrefixLoader(others)]))


def rendered(template: str, request: Request, **values: Any) -> str:
    """A template with its values, and ``is_partial`` where htmx asks for a part of a page."""
    shared = {"nonce": request.state.nonce, "path": request.url.path, "visit": None}
    is_partial = request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"
    templates: Environment = request.app.state.templates
    return templates.get_template(template).render(shared | {"is_partial": is_partial} | values)
