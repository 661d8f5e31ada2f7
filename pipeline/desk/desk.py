"""The desk that pages work with: the store, and what only the rooms above can do, handed in as functions.

Knows which functions there are; `flows.desk.server` fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol

from pipeline.audio.playback import BrowserCopies
from pipeline.desk.oidc import Provider
from pipeline.desk.playbacks import Playbacks
from pipeline.errors import ConfigurationError
from pipeline.evaluation.result import CallResult
from pipeline.findings.titles import shipped_titles
from pipeline.hearing import Hearing
from pipeline.hearing.privacy import Open, Privacy
from pipeline.indicators import Feeds
from pipeline.month import coaching
from pipeline.month.assessment import AgentMonth
from pipeline.month.fairness import Ends, FairnessReport, Subject
from pipeline.month.ledger import Entry
from pipeline.month.ledger.changes import LedgerLine
from pipeline.month.ledger.entries import EntryKind as Word
from pipeline.month.overrides import OverridesReport
from pipeline.month.tickets import HeldTicket
from pipeline.month.workbook import MonthReport
from pipeline.month.workbook.checks import CheckReport
from pipeline.month.workbook.report import Chapter
from pipeline.review.answers import PersonAnswer
from pipeline.review.disputes.policy import DisputePolicy, bundled_dispute_policy
from pipeline.scorecard import Scorecard, find_scorecard
from pipeline.scorecard.drafts import Checked, Draft, Kind, PolicyFile, Report, TriedCalls
from pipeline.store import Store
from pipeline.titles import Titles


@dataclass(frozen=True, slots=True)
class Effect:
    """An agent's month by one scorecard, without and with what is said of one call.

    Parameters
    ----------
    title : str
        The scorecard's.
    before, after : AgentMonth
        Computed from the calls as they are now, without what feeds tell where none are at hand.
    closed : bool
        Whether the month is closed: then neither is what is paid by, until it is reopened.
    """

    title: str
    before: AgentMonth
    after: AgentMonth
    closed: bool

    @property
    def gained(self) -> float | None:
        """By how many points the score changes; None where one of the two has none."""
        if self.before.score is None or self.after.score is None:
            return None
        return self.after.score - self.before.score

    @property
    def reopening(self) -> str:
        """How what changes a closed month comes to count, in Chinese; empty where nothing is closed or changes."""
        if not self.closed or self.before == self.after:
            return ""
        month, standard = self.after.month, self.after.scorecard
        reopen = f"callqa month {month} --standard {standard} --reopen --by 姓名 --reason 原因"
        return f"{month} 已关账，已定的结果不变；要计入，请先重开（{reopen}），再重新关账。"


class MonthPort(Protocol):
    """What is done with months; every method raises `ConfigurationError` with a sentence for the page."""

    def standard(self, name: str) -> Scorecard | None:
        """The standard in force by that name."""

    def ledger_lines(self, name: str) -> tuple[LedgerLine, ...]:
        """Every proposal, flag and look by a standard, the newest first."""

    def entry(self, name: str, number: int) -> Entry | None:
        """A proposal, flag or look of a standard's ledger."""

    def standards(self) -> tuple[Scorecard, ...]:
        """Every standard in force, by name."""

    def standard_of(self, name: str, month: str) -> Scorecard | None:
        """The revision of a standard by which a month is assessed."""

    def outside(self) -> Feeds:
        """The tables from outside, without what people rated in the desk."""

    def flag(self, name: str, month: str, agent_id: str, by: str, note: str) -> str:
        """A sentence in Chinese after an agent's month was called dishonest."""

    def look(self, name: str, month: str, agent_id: str, grade: str, by: str, note: str) -> str:
        """A sentence in Chinese after a person gave the grade of a result in doubt."""

    def say(self, kind: Word, name: str, number: int, by: str, note: str, last: int) -> str:
        """What an entry has become after a person spoke about it, in Chinese."""

    def workbook(self, month: str, name: str) -> bytes:
        """The workbook of a month as it is kept; nothing is computed anew or saved."""

    def overrides(self, month: str, name: str) -> OverridesReport:
        """How often people overturned the machine in a month."""

    def fairness(self, month: str, name: str) -> FairnessReport:
        """Whether points of a month follow the line."""

    def ends(self, month: str, name: str, about: tuple[Subject, str, str]) -> Ends | None:
        """The calls at the worse and the better end of one comparison of subject, id and better end."""

    def check_file(self, report: CheckReport, ending: str) -> bytes:
        """A report as a file: ``.csv`` or ``.xlsx``."""

    def lost_item(
        self, name: str, month: str, agent_id: str, criterion_id: str, first: str = ""
    ) -> coaching.Proposal:
        """What an agent should work on for one item of a month; the call `first` is listened to before others."""

    def coaching_effect(self, task: coaching.Task) -> coaching.Effect:
        """What changed after a coaching task was taken on."""

    def form(self, month: str, name: str, agent_id: str) -> tuple[MonthReport, Chapter]:
        """An agent's month as it is kept, with the calls behind it."""


class RulesPort(Protocol):
    """What is done with policy files; every method raises `ConfigurationError` with a sentence for the page."""

    @property
    def folder(self) -> Path | None:
        """Where files are released to; None where the deployment has no folder of its own."""

    def lists(self) -> tuple[PolicyFile, ...]:
        """The phrase lists and rule files in force."""

    def standards(self) -> tuple[PolicyFile, ...]:
        """The standards in force."""

    def in_force(self, kind: Kind, name: str) -> PolicyFile | None:
        """One file in force."""

    def check(self, text: str) -> Checked:
        """What is wrong or doubtful in the text of a file."""

    def sample(self, month: str, size: int) -> tuple[str, ...]:
        """Calls of a month, drawn by chance."""

    def try_text(self, text: str, calls: Sequence[str]) -> TriedCalls:
        """What a file with this text hits."""

    def measure(self, draft: Draft, month: str, size: int = 50, against: str = "") -> Report:
        """What a draft would change."""

    def release(self, draft_id: int, by: str, note: str) -> Draft:
        """The draft, released and in force."""


@cache
def _shipped(name: str, revision: int | None = None) -> Scorecard:  # noqa: ARG001
    """One that comes with callqa, read once for each server."""
    return find_scorecard(name)


def _now() -> datetime:
    return datetime.now(UTC)


def no_judge(hearing: Hearing) -> CallResult:
    """Stands where nobody can judge a call again.

    Raises
    ------
    ConfigurationError
        Always.
    """
    raise ConfigurationError(f"通话 {hearing.call.id} 不能重新评分：本复核台没有载入评分规则")


def no_effect(call_id: str, supposing: Sequence[PersonAnswer] | None = None) -> tuple[Effect, ...]:  # noqa: ARG001
    """Stands where no month can be computed: nothing is told."""
    return ()


def no_line(queue: str | None, team: str | None, standard: str) -> str:  # noqa: ARG001
    """Stands where there are no service lines."""
    return ""


def no_names(queue: str | None, team: str | None) -> tuple[str, ...]:  # noqa: ARG001
    """Stands where no names are configured."""
    return ()


def no_tickets(result: CallResult) -> tuple[HeldTicket, ...] | None:  # noqa: ARG001
    """Stands where no feed names the calls of tickets."""
    return None


@dataclass(frozen=True)
class Desk:
    """One review desk.

    Parameters
    ----------
    store : Store
        Shared by the threads of the server.
    lasts, idle : timedelta
        After which a session ends: since signing in, and since its last use.
    judge : callable
        A call as it would be judged by its own scorecard if it had been heard so.
    effect : callable
        What people's answers on a call do to its agent's month: without them and with them; or, supposing others,
        as it stands and with those.
    card : callable
        The scorecard of a name and, where it is given, a revision: the newest one if that is not at hand or none is
        given. Raises PolicyError if there is none of that name.
    titles : callable
        The titles of detectors and terms, as the lexicons in force have them.
    line : callable
        The name of the service line of a call of this queue and team that a standard judged, or none where it is
        empty; empty for no line.
    names : callable
        The names that are said on calls of this queue and team: in a transcript they are spelt so.
    tickets : callable
        The tickets that name a call, held against it; None where no feed says which call a ticket is of.
    provider : Provider | None
        Where people may sign in besides; None where accounts are local only.
    copies : BrowserCopies | None
        What browsers play; None where the desk cannot reach the recordings.
    privacy : Privacy
        What is masked for accounts without clearance.
    playbacks : Playbacks
        Who opened which recording lately.
    dispute_policy : DisputePolicy
        Windows, rounds and deciders of disputes.
    now : callable
        The clock by which windows are held.
    months, rules : MonthPort, RulesPort | None
        None where the rooms above gave none; their pages then say so.
    """

    store: Store
    lasts: timedelta = timedelta(hours=12)
    idle: timedelta = timedelta(hours=2)
    judge: Callable[[Hearing], CallResult] = no_judge
    effect: Callable[..., tuple[Effect, ...]] = no_effect
    card: Callable[..., Scorecard] = _shipped
    titles: Callable[[], Titles] = shipped_titles
    line: Callable[[str | None, str | None, str], str] = no_line
    names: Callable[[str | None, str | None], tuple[str, ...]] = no_names
    tickets: Callable[[CallResult], tuple[HeldTicket, ...] | None] = no_tickets
    provider: Provider | None = None
    copies: BrowserCopies | None = None
    privacy: Privacy = field(default_factory=Open)
    playbacks: Playbacks = field(default_factory=Playbacks)
    dispute_policy: DisputePolicy = field(default_factory=bundled_dispute_policy)
    now: Callable[[], datetime] = _now
    months: MonthPort | None = None
    rules: RulesPort | None = None
