"""The month for the desk: the workbook of the month as it stands, and words to the ledger.

Knows how to hand a month out again without computing it anew: what was closed stays what was closed.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.desk.lock import one_at_a_time
from flows.month.calls import LEAST, scored_calls, scored_calls_of
from flows.month.checks import content_of, ends_of, fairness_of, overrides_in, with_checks
from flows.month.coaching import effect_of, lost_item, wording
from flows.month.ledger import Remark, Statement, flag_in, look_in, say_in
from flows.month.report import MonthFigures, report_of
from flows.policy.library import scorecards_of
from flows.policy.revisions import card_of, scorecard_of_month
from flows.settings import Settings
from pipeline.errors import ConfigurationError
from pipeline.indicators import Feeds
from pipeline.month.assessment import (
    AgentMonth,
    CriterionMonth,
    assess,
)
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.month.coaching import Effect, Proposal, Task
from pipeline.month.fairness import Ends, FairnessReport, Subject
from pipeline.month.ledger import Change, Entry, entry_statuses, find_changes
from pipeline.month.ledger.changes import LedgerLine, last_word
from pipeline.month.ledger.entries import EntryKind
from pipeline.month.overrides import OverridesReport
from pipeline.month.ratings import with_ratings
from pipeline.month.workbook import MonthReport, write_month
from pipeline.month.workbook.checks import CheckReport
from pipeline.month.workbook.report import Chapter
from pipeline.month.workbook.sheet import sheet_name
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.tally import Tally

CHANGED = "成绩算出以后通话有改判或增补：所依据的通话从略，成绩以本表为准。"


@dataclass(frozen=True)
class MonthPorts:
    """Months of one store as the desk needs them.

    Parameters
    ----------
    feeds : Path | None
        Folder of tables from outside, as `callqa month` reads it.
    """

    store: Store
    settings: Settings
    feeds: Path | None = None
    _changes_known: dict[str, tuple[object, dict[int, Change]]] = field(default_factory=dict, repr=False)

    @cached_property
    def _given(self) -> Feeds:
        return Feeds.read(self.feeds)

    def standard(self, name: str) -> Scorecard | None:
        """The newest revision of the scorecard of that name; None where there is no file of it any more."""
        return scorecards_of(self.settings).get(name)

    def standards(self) -> tuple[Scorecard, ...]:
        """Every scorecard in force, by name."""
        return tuple(card for _, card in sorted(scorecards_of(self.settings).items()))

    def standard_of(self, name: str, month: str) -> Scorecard | None:
        """The revision by which a month is assessed; None where there is no scorecard of that name."""
        known = self.standard(name) is not None
        return scorecard_of_month(self.store, name, month, self.settings) if known else None

    def outside(self) -> Feeds:
        """The tables from outside, without what people rated in the desk."""
        return self._given

    def flag(self, name: str, month: str, agent_id: str, by: str, note: str) -> str:
        """A sentence in Chinese after an agent's month was called dishonest; the flag waits for two signatures."""
        number = flag_in(self.store, self._card(name), Remark(agent_id, month, by, note))
        return f"已登记 {number} 号诚信问题，须两人签字后生效（月度页面“奖惩”）"

    def look(self, name: str, month: str, agent_id: str, grade: str, by: str, note: str) -> str:
        """A sentence in Chinese after a person gave the grade of a result in doubt."""
        return look_in(self.store, self._card(name), Remark(agent_id, month, by, note), grade)

    def ledger_lines(self, name: str) -> tuple[LedgerLine, ...]:
        """Every proposal, flag and look by a scorecard, the newest first."""
        ledger = self.store.ledger.entries(name)
        changes = self._changes(self._card(name), ledger)
        lines = [
            LedgerLine(each, last_word(ledger, each.entry.id), changes.get(each.entry.id))
            for each in entry_statuses(ledger)
        ]
        return tuple(reversed(lines))

    def _changes(self, card: Scorecard, ledger: tuple[Entry, ...]) -> dict[int, Change]:
        """Changes by corrections, by entry; found again only where a month or the ledger has changed."""
        now = (
            card.digest,
            tuple(c.id for c in self.store.months.history() if c.standard == card.name),
            len(ledger),
        )
        known = self._changes_known.get(card.name)
        if known is None or known[0] != now:
            changes = find_changes(card, self.store.months.standing(card.name), ledger)
            known = self._changes_known[card.name] = (now, {c.entry.id: c for c in changes if c.entry})
        return known[1]

    def say(self, kind: EntryKind, name: str, number: int, by: str, note: str, last: int) -> str:
        """A sentence in Chinese that tells what an entry has become after a person spoke about it."""
        return say_in(self.store, self._card(name), Statement(kind, number, by, note, last))

    def entry(self, name: str, number: int) -> Entry | None:
        """A proposal, flag or look of a scorecard's ledger; None where it has none of that number."""
        return next((e for e in self.store.ledger.entries(name) if e.id == number and e.about is None), None)

    def workbook(self, month: str, name: str) -> bytes:
        """The workbook of a month as it stands: of the closing, else of the last trial. Nothing is saved.

        Raises
        ------
        ConfigurationError
            If nothing of the month is kept, or the scorecard by which it was computed is no longer at hand.
        """
        with one_at_a_time("写工作簿"), TemporaryDirectory(prefix="callqa-") as folder:
            report = with_checks(self.store, self.kept_report(month, name), self._given)
            path = Path(folder) / "month.xlsx"
            write_month(path, report)
            return path.read_bytes()

    def kept_report(self, month: str, name: str) -> MonthReport:
        """The month with its rows as they are kept, and the calls behind those rows that are still the same.

        Note
        ----
        An agent whose calls were judged otherwise since has no list of calls: it would not add up to the figures.
        The line of totals is that of all calls where nothing differs, and the sum of the rows otherwise.

        Raises
        ------
        ConfigurationError
            As `workbook` does.
        """
        kept = [(closing, row) for closing, row in self.store.months.shown(month) if closing.standard == name]
        if not kept:
            raise ConfigurationError(f"{month} 还没有按 {name} 试算或关账：callqa month {month} --standard {name}")
        closing = kept[0][0]
        card = card_of(self.store, closing, self.settings)
        calls = tuple(scored_calls(self.store, card, month, self._given))
        given = with_ratings(self._given, card, month, self.store.ratings.of_month(month, name))
        now = MonthFigures.of(card, month, calls, given)
        rows = tuple(row for _, row in kept if not _is_team(row))
        teams = tuple(row for _, row in kept if _is_team(row))
        if (now.rows, now.teams) == (rows, teams):
            return report_of(self.store, card, closing, now)
        return self._as_kept(card, closing, MonthFigures(rows, teams, _sum(card, closing, rows), ()), now)

    def overrides(self, month: str, name: str) -> OverridesReport:
        """How often people overturned the machine in a month; nothing is kept."""
        self._card(name)
        with one_at_a_time("算人机差异"):
            return overrides_in(self.store, month, name, self._given)

    def fairness(self, month: str, name: str) -> FairnessReport:
        """Whether points of a month follow the line; nothing is kept."""
        self._card(name)
        with one_at_a_time("算公平性"):
            return fairness_of(self.store, month, name, self._given)

    def ends(self, month: str, name: str, about: tuple[Subject, str, str]) -> Ends | None:
        """The calls at the worse and the better end of one comparison; None where there is no such one."""
        self._card(name)
        return ends_of(self.store, month, name, self._given, about)

    def check_file(self, report: CheckReport, ending: str) -> bytes:
        """A report as a file: ``.csv`` or ``.xlsx``."""
        return content_of(report, ending)

    def lost_item(self, name: str, month: str, agent_id: str, criterion_id: str, first: str = "") -> Proposal:
        """What an agent should work on for one item of a month; the call `first` is listened to before others.

        Raises
        ------
        ConfigurationError
            In Chinese: there is no such standard, or no call of the agent lost points of the item.
        """
        self._card(name)
        card = scorecard_of_month(self.store, name, month, self.settings)
        return lost_item(self.store, card, month, agent_id, criterion_id, self._given, first)

    def coaching_effect(self, task: Task) -> Effect:
        """What changed after a coaching task was taken on.

        Raises
        ------
        ConfigurationError
            In Chinese: there is no such standard any more, nobody has the task, or the item is worded otherwise.
        """
        self._card(task.proposal.standard)
        card = scorecard_of_month(self.store, task.proposal.standard, task.proposal.month, self.settings)
        if reworded := wording(task, card):
            raise ConfigurationError(reworded)
        return effect_of(self.store, task, card, self._given)

    def form(self, month: str, name: str, agent_id: str) -> tuple[MonthReport, Chapter]:
        """An agent's month as it is kept, and the calls behind it where they are still the same; nothing is saved.

        Raises
        ------
        ConfigurationError
            If nothing of the agent's month is kept, or the scorecard by which it was computed is no longer at hand.
        """
        kept = [(c, row) for c, row in self.store.months.shown(month, agent_id) if c.standard == name]
        if not kept:
            raise ConfigurationError(
                f"没有 {agent_id} 在 {month} 按 {name} 的成绩；先试算或关账：callqa month {month} --standard {name}"
            )
        closing, row = kept[0]
        card = card_of(self.store, closing, self.settings)
        calls = scored_calls_of(self.store, card, month, agent_id, self._given)
        given = with_ratings(self._given, card, month, self.store.ratings.of_month(month, name))
        today = next((each for each in assess(month, card, calls, given) if each.agent_id == agent_id), None)
        same = _same_calls(card, row, today)
        standing = self.store.months.standing(name)
        report = MonthReport(
            month=month,
            scorecard=card,
            months=(row,),
            calls=calls if same else (),
            line=row,
            history={agent_id: tuple(r for r in standing if r.agent_id == agent_id and r.month < month)},
            notices=() if same else (CHANGED,),
            closing=closing,
            unlisted=frozenset() if same else frozenset({agent_id}),
        )
        return report, Chapter(row, report.calls, sheet_name(f"{agent_id} {row.agent_name or ''}", ()))

    def _as_kept(self, card: Scorecard, closing: Closing, figures: MonthFigures, now: MonthFigures) -> MonthReport:
        """The report of figures that are kept, where today's differ."""
        today = {row.agent_id: row for row in now.rows}
        same = {row.agent_id for row in figures.rows if _same_calls(card, row, today.get(row.agent_id))}
        own = tuple(call for call in now.calls if call.call.agent_id in same)
        others = frozenset(row.agent_id for row in figures.rows if row.agent_id not in same and row.calls)
        report = report_of(self.store, card, closing, replace(figures, calls=own))
        done = "关账" if closing.state is ClosingState.CLOSED else "试算"
        said = f"提示 本表为{done}时的成绩，没有重新计算；合计行为各坐席相加。"
        names = "、".join(sorted(agent or "未分配" for agent in others))
        changed = (f"提示 {names} 的通话在{done}后有改判或增补，明细从略，成绩以{done}为准。",) if others else ()
        return replace(report, notices=(said, *changed, *report.notices), unlisted=others)

    def _card(self, name: str) -> Scorecard:
        card = self.standard(name)
        if card is None:
            raise ConfigurationError(
                f"找不到评分表 {name}：自带的没有，CALLQA_RULES 的 standards 文件夹里也没有；"
                "请把文件放进去，或在命令行用 --standard 指定"
            )
        return card


def _is_team(row: AgentMonth) -> bool:
    """Whether a kept row is that of a team: it has no agent, and is named by its team."""
    return row.agent_id is None and row.team is not None


def _same_calls(card: Scorecard, kept: AgentMonth, today: AgentMonth | None) -> bool:
    """Whether an agent's calls are still those behind the kept figures; values from feeds may differ."""
    if today is None:
        return not kept.calls
    counts = ((row.evaluated, row.unscorable, row.failed) for row in (kept, today))
    if len(set(counts)) > 1 or len(kept.criteria) != len(today.criteria):
        return False
    by_call = {criterion.id for criterion in card.chosen if criterion.by_call}
    return all(
        was.criterion_id == now.criterion_id
        and (
            was.criterion_id not in by_call
            or (
                abs(was.tally.awarded - now.tally.awarded) < LEAST
                and abs(was.tally.possible - now.tally.possible) < LEAST
            )
        )
        for was, now in zip(kept.criteria, today.criteria, strict=True)
    )


def _sum(card: Scorecard, closing: Closing, rows: tuple[AgentMonth, ...]) -> AgentMonth:
    """All rows added up, points and counts; figures that do not add up are left out."""
    return AgentMonth(
        agent_id=None,
        agent_name="合计",
        month=closing.month,
        scorecard=closing.standard,
        revision=closing.revision,
        evaluated=sum(row.evaluated for row in rows),
        unscorable=sum(row.unscorable for row in rows),
        failed=sum(row.failed for row in rows),
        criteria=tuple(_sum_of(card, index, rows) for index, _ in enumerate(card.chosen)),
        speed_of_answer_s=None,
        within_three_rings=Tally.sum(row.within_three_rings for row in rows),
        banned_wording=sum(row.banned_wording for row in rows),
        apologies_owed=sum(row.apologies_owed for row in rows),
        apologies_given=sum(row.apologies_given for row in rows),
        undecided="合计不定级",
    )


def _sum_of(card: Scorecard, index: int, rows: tuple[AgentMonth, ...]) -> CriterionMonth:
    criterion = card.chosen[index]
    own = [row.criteria[index] for row in rows]
    points = card.points_of[criterion.id]
    worth = [each.points for each in own]
    origins: dict[object, float] = {}
    for each in own:
        for origin, share in each.origins:
            origins[origin] = origins.get(origin, 0.0) + share * points / (sum(worth) or 1.0)
    return CriterionMonth(
        criterion_id=criterion.id,
        title=criterion.title,
        points=points,
        tally=Tally.sum(each.tally for each in own),
        answered=sum(each.answered for each in own),
        not_applicable=sum(each.not_applicable for each in own),
        open=sum(each.open for each in own),
        low=sum(each.low for each in own),
        high=sum(each.high for each in own),
        origins=tuple(origins.items()),  # type: ignore[arg-type]
    )
