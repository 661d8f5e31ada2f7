"""The service lines in force, and which of them claims a call: by its queue, and by its agent's team on its day.

Knows when two lines cannot stand beside each other; how the file is read is in `lines`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from flows.policy.library import scorecard_of
from flows.policy.lines import LineEntry, read_lines
from flows.settings import Settings
from pipeline.call import Call
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.indicators import Feeds
from pipeline.indicators.roster import Roster
from pipeline.month.assessment.month_card import in_scope
from pipeline.scorecard import Scope, Scorecard
from pipeline.store import Store


@dataclass(frozen=True)
class Line:
    """One service line in force.

    Parameters
    ----------
    standard : str
        Name or file of the standard by which its calls are judged.
    card : Scorecard
        Its newest revision.
    settings : Settings
        The deployment's, with what is this line's own: companies, industry packs, phrase lists and rules.
    """

    name: str
    standard: str
    card: Scorecard
    scope: Scope
    settings: Settings
    hotwords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lines:
    """The service lines in force, in their order; `path` is the file that says so, None for none."""

    lines: tuple[Line, ...]
    path: Path | None = None

    def of(self, call: Call, roster: Roster) -> Line | None:
        """The first line that claims a call; None where none does."""
        return self.claiming(call.queue, team_of(call, roster))

    def claiming(self, queue: str | None, team: str | None) -> Line | None:
        """The first line that claims calls of a queue and a team; None where none does."""
        return next((line for line in self.lines if line.scope.claims(queue, team)), None)

    def by(self, card: Scorecard) -> tuple[Line, ...]:
        """The lines that judge by a standard, by its name."""
        return tuple(line for line in self.lines if line.card.name == card.name)

    @property
    def names_teams(self) -> bool:
        """Whether a roster is needed to tell whose a call is."""
        return any(line.scope.teams for line in self.lines)


def team_of(call: Call, roster: Roster) -> str | None:
    """The team of a call's agent on the call's day; None where either is unknown."""
    return roster.team(call.agent_id, call.day) if call.agent_id and call.day else None


def lines_in_force(settings: Settings) -> Lines:
    """The lines of the deployment's file; none at all where it has no such file.

    Raises
    ------
    PolicyError
        If the file is wrong, or two of its lines cannot stand beside each other.

    Examples
    --------
    >>> lines_in_force(Settings()).lines
    ()
    """
    if settings.lines is None:
        return Lines(())
    lines = Lines(tuple(_line(entry, settings) for entry in read_lines(settings.lines)), settings.lines)
    if wrong := next(_clashes(lines.lines), ""):
        raise PolicyError(str(settings.lines), None, wrong)
    return lines


def line_claiming(settings: Settings, queue: str | None, team: str | None) -> Line | None:
    """The line in force that claims calls of a queue and a team; None where none does, or the lines are wrong.

    What judges calls tells of a wrong file; it takes no page away.
    """
    try:
        return lines_in_force(settings).claiming(queue, team)
    except PolicyError:
        return None


def names_of(settings: Settings, queue: str | None, team: str | None) -> tuple[str, ...]:
    """The names that are said on calls of a queue and a team: the companies and hotwords of their line.

    Examples
    --------
    >>> names_of(Settings(companies=("阳光家政",)), "家政", None)
    ('阳光家政',)
    """
    line = line_claiming(settings, queue, team)
    return (*line.settings.companies, *line.hotwords) if line else settings.companies


def lines_of(standards: Sequence[str], settings: Settings) -> Lines:
    """The lines of a run: one for each standard that was named, else those in force, else KF01 for every call.

    Raises
    ------
    ConfigurationError
        If standards are named where a file of lines is in force, or two of them are for the same calls.

    Examples
    --------
    >>> [line.name for line in lines_of((), Settings()).lines]
    ['kf01']
    """
    if not standards and settings.lines is not None:
        return lines_in_force(settings)
    if settings.lines is not None:
        raise ConfigurationError(
            f"CALLQA_LINES: 各业务线的标准已写在 {settings.lines} 中；请去掉 --standard，或去掉这个变量"
        )
    named = standards or ("kf01",)
    cards = [scorecard_of(name, settings) for name in named]
    for one, two in combinations(cards, 2):
        if one.name == two.name:
            raise ConfigurationError(f"--standard: {one.name} 写了两次")
        if _may_meet(one.applies_to, two.applies_to):
            raise ConfigurationError(
                f"--standard: {one.name} 与 {two.name} 的 applies_to 可能包含同一通电话；"
                "请让两套标准的队列（或班组）互不相同，或用 CALLQA_LINES 的业务线文件写明先后"
            )
    return Lines(
        tuple(
            Line(card.name, name, card, card.applies_to, settings) for name, card in zip(named, cards, strict=True)
        )
    )


def lines_to_rescore(standards: Sequence[str], settings: Settings) -> Lines:
    """The lines whose calls are judged again: all, or those by one of the standards that are named.

    Raises
    ------
    ConfigurationError
        If a file of lines is in force, and none of its lines is by a standard that is named.
    """
    if not standards or settings.lines is None:
        return lines_of(standards, settings)
    lines, names = lines_in_force(settings), {scorecard_of(name, settings).name for name in standards}
    if missing := sorted(names - {line.card.name for line in lines.lines}):
        raise ConfigurationError(
            f"{settings.lines} 中没有业务线用标准 {'、'.join(missing)}；callqa standard lines 列出现有的业务线"
        )
    # All stay in their order, so that a call is claimed as in a night; the others judge nothing.
    return lines


def counts_for(card: Scorecard, settings: Settings, feeds: Feeds, store: Store) -> Callable[[Call], bool]:
    """A function that tells whether a call counts by a scorecard: a line by it claims the call.

    Where no line is by it, its own `applies_to` decides. Teams are those of the feeds' roster, else of the store's.
    """
    lines = lines_in_force(settings)
    if not lines.by(card):
        return lambda call: in_scope(card, call, feeds)
    roster = Roster.of_rows(feeds.memberships or store.roster.memberships())

    def counts(call: Call) -> bool:
        line = lines.of(call, roster)
        return line is not None and line.card.name == card.name

    return counts


def heard_by(settings: Settings) -> tuple[Settings, ...]:
    """The settings under which calls are heard: those of each line; the deployment's where it has no lines.

    Examples
    --------
    >>> heard_by(Settings()) == (Settings(),)
    True
    """
    return tuple(dict.fromkeys(line.settings for line in lines_in_force(settings).lines)) or (settings,)


def by_settings(calls: Iterable[Call], settings: Settings, roster: Roster) -> dict[Settings, tuple[str, ...]]:
    """The ids of calls by the settings under which each is heard; by the deployment's where no line claims it."""
    lines, found = lines_in_force(settings), defaultdict[Settings, list[str]](list)
    for call in calls:
        line = lines.of(call, roster)
        found[line.settings if line else settings].append(call.id)
    return {own: tuple(ids) for own, ids in found.items()}


def settings_for(call: Call, card: Scorecard, settings: Settings, roster: Roster) -> Settings:
    """The settings under which a call is judged by a scorecard: those of the line that claims it for that one."""
    line = lines_in_force(settings).of(call, roster)
    return line.settings if line is not None and line.card.name == card.name else settings


def doubts_of(lines: Lines) -> Iterator[str]:
    """What is doubtful about lines that may stand beside each other, a sentence each, in Chinese."""
    for one, two in (pair for pair in combinations(lines.lines, 2) if _may_meet_of(*pair)):
        yield f"提示 业务线“{one.name}”和“{two.name}”可能认领同一通电话；按文件中的先后，归“{one.name}”。"
    if lines.lines and not any(line.scope == Scope() for line in lines.lines):
        yield "提示 没有一条业务线不限队列和班组：不在其中的通话不评分，每晚列出。"


def _line(entry: LineEntry, settings: Settings) -> Line:
    own: dict[str, object] = {}
    if entry.companies is not None:
        own["companies"] = entry.companies
    if entry.packs is not None:
        own["packs"] = entry.packs
    if entry.rules:
        own["more_rules"] = (*settings.more_rules, Path(entry.rules))
    card = scorecard_of(entry.standard, settings)
    scope, chosen = entry.scope or card.applies_to, settings.model_copy(update=own)
    return Line(entry.name, entry.standard, card, scope, chosen, entry.hotwords)


def _clashes(lines: Sequence[Line]) -> Iterator[str]:
    """Why lines cannot stand beside each other, a sentence each."""
    for first, second in combinations(lines, 2):
        both = f"业务线“{first.name}”和“{second.name}”"
        if first.scope.overlaps(second.scope):
            shared = [*set(first.scope.queues) & set(second.scope.queues)]
            shared += set(first.scope.teams) & set(second.scope.teams)
            yield f"{both}都认领{'、'.join(sorted(shared)) or '全部通话'}；每个队列、班组只能写在一条业务线里"
        elif first.scope.covers(second.scope):
            yield f"“{first.name}”写在“{second.name}”之前，后者永远分不到通话；请把范围小的写在前面"
        elif first.card.name == second.card.name and _apart(first.scope, second.scope):
            yield f"{both}用同一套标准 {first.card.name}，须同样按队列、或同样按班组划分"


def _apart(one: Scope, two: Scope) -> bool:
    """Whether one is by queues and the other by teams, so that nobody can say who is in neither."""
    return (bool(one.queues), bool(one.teams)) != (bool(two.queues), bool(two.teams)) and not two.covers(one)


def _may_meet(one: Scope, two: Scope) -> bool:
    """Whether some call may be claimed by both."""
    pairs = ((one.queues, two.queues), (one.teams, two.teams))
    return all(not a or not b or bool(set(a) & set(b)) for a, b in pairs)


def _may_meet_of(one: Line, two: Line) -> bool:
    return _may_meet(one.scope, two.scope) and not two.scope.covers(one.scope)
