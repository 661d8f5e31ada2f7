"""月度评定: the values that people give an agent for items of a month, with their history, and what waits for one.

Knows who rates whom: a team lead the own team, quality people everybody. What a value may be is in
`pipeline.month.ratings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NoReturn
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from pipeline.access.accounts import Right
from pipeline.call import SHANGHAI
from pipeline.desk.desk import MonthPort
from pipeline.desk.page import Page
from pipeline.desk.parameters import MONTH, MaybeMonth, Month, Name
from pipeline.desk.staff import admit_agent, agents_of
from pipeline.desk.visit import Visit, Visitor
from pipeline.indicators import ManualValue
from pipeline.month.ledger import EntryStatus
from pipeline.month.ratings import (
    LONGEST_REASON,
    LONGEST_VALUE,
    RatedItem,
    Rating,
    checked_value,
    history_of,
    rated_item,
    rated_items,
    waiting,
    with_ratings,
)
from pipeline.month.workbook.wording import month_title
from pipeline.scorecard import Scorecard

router = APIRouter()
PAGE = Page(router, "/ratings", "月度评定", Right.RATE)
OTHERS = "别组坐席的月度评定"
"""What was tried, as the log has it."""


class RatingForm(BaseModel):
    """The fields of one item, each as its control is called; `seen` is the act that stood then."""

    model_config = ConfigDict(frozen=True)

    month: Annotated[str, Field(pattern=f"^{MONTH}$")]
    standard: Annotated[str, Field(max_length=100)]
    agent: Annotated[str, Field(max_length=100)]
    item: Annotated[str, Field(max_length=100)]
    seen: Annotated[int, Field(ge=0, le=2**31 - 1)]
    value: Annotated[str, Field(max_length=2 * LONGEST_VALUE)] = ""
    reason: Annotated[str, Field(max_length=2 * LONGEST_REASON)] = ""


class FlagForm(BaseModel):
    """A word that an agent's month is dishonest."""

    model_config = ConfigDict(frozen=True)

    month: Annotated[str, Field(pattern=f"^{MONTH}$")]
    standard: Annotated[str, Field(max_length=100)]
    agent: Annotated[str, Field(max_length=100)]
    note: Annotated[str, Field(max_length=LONGEST_REASON)]


@dataclass(frozen=True, slots=True)
class RatedAgent:
    """An agent who may be rated, and how many items wait for a person."""

    agent_id: str
    name: str
    team: str | None
    num_waiting: int


@dataclass(frozen=True, slots=True)
class ItemShown:
    """An item with what was given so far.

    Parameters
    ----------
    acts : sequence of Rating
        Every act on it, in the order made.
    filed : ManualValue | None
        What a file says of it.
    """

    item: RatedItem
    acts: Sequence[Rating]
    filed: ManualValue | None

    @property
    def stands(self) -> Rating | None:
        """The rating that counts: not one that was taken back or of an item that has changed."""
        last = self.acts[-1] if self.acts else None
        return last if last and last.value is not None and last.item_digest == self.item.digest else None

    @property
    def seen(self) -> int:
        """The id of the last act."""
        return self.acts[-1].id if self.acts else 0


@router.get("/ratings")
def ratings(visit: Visitor, month: MaybeMonth = "", standard: Name = "") -> Response:
    """The agents of a month whom the account may rate, each with how much waits for a person."""
    port = _port(visit)
    month = month or f"{visit.desk.now().astimezone(SHANGHAI):%Y-%m}"
    cards = {card.name: card for card in port.standards()}
    card = _card(visit, standard or ("kf01" if "kf01" in cards else next(iter(cards))), month)
    feeds = with_ratings(port.outside(), card, month, visit.store.ratings.of_month(month, card.name))
    agents = [
        RatedAgent(agent, name, team, sum(1 for _ in waiting(card, feeds, month, agent)))
        for agent, (name, team) in sorted(agents_of(visit, month).items())
        if visit.scope.holds(agent, team)
    ]
    return visit.page(
        "ratings.html",
        month=month,
        card=card,
        cards=cards.values(),
        agents=agents,
        closed=visit.store.months.closing(month, card.name),
        address=address_of,
        month_title=month_title,
    )


@router.get("/ratings/agent")
def agent_ratings(visit: Visitor, month: Month, standard: Name, agent: Name) -> Response:
    """The items of one agent's month, each with its value, its history and a form."""
    card, (name, team) = _card(visit, standard, month), admit_agent(visit, month, agent, OTHERS)
    return visit.page(
        "ratings_agent.html",
        month=month,
        card=card,
        agent=agent,
        name=name,
        team=team,
        closed=visit.store.months.closing(month, card.name),
        items=_items(visit, card, month, agent),
        flags=_flags(visit, card, month, agent),
        limits={"value": LONGEST_VALUE, "reason": LONGEST_REASON},
        address=address_of,
        month_title=month_title,
    )


@router.post("/ratings/agent")
def rate(visit: Visitor, form: Annotated[RatingForm, Form()]) -> Response:
    """One item rated, or its rating taken back where the value was left empty."""
    card = _card(visit, form.standard, form.month)
    admit_agent(visit, form.month, form.agent, OTHERS)
    item = rated_item(card, form.item)
    value = checked_value(card, item, form.value) if form.value.strip() else None
    if value is None and not form.seen:
        visit.refuse(f"{item.id} {item.title} 没有填写")
    act = Rating(
        month=form.month,
        standard=card.name,
        agent_id=form.agent,
        item=item.id,
        item_digest=item.digest,
        value=value,
        reason=form.reason.strip(),
        by=visit.account.id,
        at=visit.desk.now(),
    )
    visit.store.ratings.add(act, form.seen)
    if visit.request.headers.get("hx-request") == "true":
        (shown,) = [each for each in _items(visit, card, form.month, form.agent) if each.item.id == item.id]
        return visit.page(
            "ratings_item.html",
            month=form.month,
            card=card,
            agent=form.agent,
            each=shown,
            closed=None,
            saved=True,
            limits={"value": LONGEST_VALUE, "reason": LONGEST_REASON},
        )
    return RedirectResponse(address_of("/ratings/agent", form.month, card, agent=form.agent), status_code=303)


@router.post("/ratings/flag")
def flag(visit: Visitor, form: Annotated[FlagForm, Form()]) -> Response:
    """An agent's month called dishonest (刷好评); it waits for two signatures."""
    card = _card(visit, form.standard, form.month)
    admit_agent(visit, form.month, form.agent, OTHERS)
    if not form.note.strip():
        visit.refuse("登记诚信问题须写明事实和依据")
    told = _port(visit).flag(card.name, form.month, form.agent, visit.account.id, form.note.strip())
    if visit.request.headers.get("hx-request") == "true":
        flags = _flags(visit, card, form.month, form.agent)
        limits = {"reason": LONGEST_REASON}
        return visit.page(
            "ratings_flags.html",
            month=form.month,
            card=card,
            agent=form.agent,
            flags=flags,
            told=told,
            limits=limits,
        )
    return RedirectResponse(address_of("/ratings/agent", form.month, card, agent=form.agent), status_code=303)


def address_of(path: str, month: str, card: Scorecard, **more: object) -> str:
    """A page of this month and standard."""
    return f"{path}?{urlencode({'month': month, 'standard': card.name} | more)}"


def _card(visit: Visit, name: str, month: str) -> Scorecard:
    card = _port(visit).standard_of(name, month)
    return card or visit.refuse(f"没有评分表 {name}", 404)


def _items(visit: Visit, card: Scorecard, month: str, agent: str) -> list[ItemShown]:
    acts = history_of(visit.store.ratings.of_month(month, card.name), agent)
    filed = _port(visit).outside().given(month, agent)
    return [ItemShown(item, acts.get(item.id, ()), filed.get(item.id)) for item in rated_items(card)]


def _flags(visit: Visit, card: Scorecard, month: str, agent: str) -> list[EntryStatus]:
    """What was said of the honesty of the month, the newest first."""
    lines = [line.status for line in _port(visit).ledger_lines(card.name)]
    about = [each for each in lines if (each.entry.kind, each.entry.agent_id) == ("flag", agent)]
    return [each for each in about if each.entry.month == month]


def _port(visit: Visit) -> MonthPort:
    return visit.desk.months or _nobody(visit)


def _nobody(visit: Visit) -> NoReturn:
    visit.refuse("此服务没有接上月度功能，请用 callqa review 启动", 404)
