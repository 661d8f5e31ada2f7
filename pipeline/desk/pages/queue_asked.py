"""What the queue is asked for, as it stands in an address: read, checked, and written again in one way only."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl, urlencode

from fastapi import HTTPException
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.desk.visit import MOST_ID
from pipeline.evaluation import Outcome
from pipeline.review.worklist import Code, Filters, Progress


def _or_none(value: object) -> object:
    """A field that was left empty asks for nothing."""
    return None if isinstance(value, str) and not value.strip() else value


Blank = BeforeValidator(_or_none)
Text = Annotated[str | None, Field(max_length=MOST_ID), Blank]
Percent = Annotated[float | None, Field(ge=0, le=100, allow_inf_nan=False), Blank]
Day = Annotated[date | None, Blank]

MINE = "me"
"""Stands for the own account, so that a saved filter means whoever opens it."""


class Asked(BaseModel):
    """The fields of the queue's filter, each as its control is called."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    status: Literal["open", "taken", "done", "all"] = "open"
    team: Text = None
    agent: Text = None
    item: Text = None
    outcome: Annotated[Outcome | None, Blank] = None
    first: Day = None
    last: Day = None
    least: Percent = None
    most: Percent = None
    reason: Annotated[Code | None, Blank] = None
    assignee: Text = None
    plan: Annotated[int | None, Field(ge=1, lt=2**31), Blank] = None
    page: Annotated[int, Field(ge=1, le=100_000)] = 1

    def filters(self, account_id: str, blind: frozenset[str] = frozenset()) -> Filters:
        """What the store is asked for by an account, which scores some calls blind."""
        return Filters(
            status=None if self.status == "all" else Progress(self.status),
            team=self.team,
            agent_id=self.agent,
            criterion_id=self.item,
            outcome=self.outcome,
            first_day=self.first,
            last_day=self.last,
            least_score=self.least,
            most_score=self.most,
            code=self.reason,
            assignee=account_id if self.assignee == MINE else self.assignee,
            plan_id=self.plan,
            blind=blind,
        )

    @property
    def query(self) -> str:
        """The filter as a query string: what is as ever is left out, and so is the page."""
        return self.query_with()

    def query_with(self, **changes: Any) -> str:
        """The filter as a query string, with other values."""
        values = self.model_dump(mode="json", exclude_defaults=True) | changes
        kept = {name: value for name, value in values.items() if value is not None and name in Asked.model_fields}
        if "page" not in changes:
            kept.pop("page", None)
        return urlencode(kept)

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for but what the queue shows by itself."""
        return bool(self.query)


class AskedNext(Asked):
    """The filter, and the call from which one comes."""

    after: Text = None


def asked_of(query: str) -> Asked:
    """The filter of a query string; 422 for one that is none."""
    try:
        return Asked.model_validate(dict(parse_qsl(query, max_num_fields=50)))
    except (ValidationError, ValueError) as error:
        raise HTTPException(422, "筛选条件有误，请重新选择") from error
