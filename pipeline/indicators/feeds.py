"""A folder of feeds, read once, and what it says of a month: measured values, given values, teams, exemptions.

Knows whose rows count for whom: a row counts for the month and the team of its date in Asia/Shanghai. What a file
must look like is in `schemas`, what an indicator counts in `measured`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from pipeline.errors import ConfigurationError
from pipeline.indicators.door import checked
from pipeline.indicators.measured import counts
from pipeline.indicators.registry import INDICATORS, Indicator
from pipeline.indicators.roster import Membership, Roster
from pipeline.indicators.schemas import SCHEMAS
from pipeline.indicators.tables import READERS, read_table
from pipeline.indicators.working_days import WorkingDays

_NAMES: Mapping[str, str] = {
    **{name: name for name in SCHEMAS},
    **{str(schema.title): name for name, schema in SCHEMAS.items()},
}
"""A file may be named in English or in Chinese."""
_BETWEEN_ITEMS = re.compile(r"[,，、;；\s]+")

Key: TypeAlias = tuple[str, str | None, str | None]
"""Month, agent, team; the last two None for everybody."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A value with its numerator and denominator: met of asked, or a sum and the number of its terms."""

    count: float
    of: float

    @property
    def value(self) -> float:
        """Count by of; `of` is never 0 in what `Feeds.measured` answers."""
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave for an item: a number (a share as a fraction), a level's name, or n_a."""

    value: float | str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """Items that are not asked of some calls (豁免), and who said so.

    Parameters
    ----------
    agent_id, queue : str | None
        None for all of them.
    start, end : datetime
        Half-open, in Asia/Shanghai.
    items : tuple of str
        Ids of criteria.
    """

    agent_id: str | None
    queue: str | None
    start: datetime
    end: datetime
    items: tuple[str, ...]
    reason: str
    by: str


@dataclass(frozen=True, slots=True, eq=False)
class Feeds:
    """Every feed of a folder, checked.

    Parameters
    ----------
    digests : mapping
        By feed, the first 12 hex digits of a sha256 of its file; of a query, of its text and of what it gave.
    """

    digests: Mapping[str, str]
    _tables: Mapping[str, pd.DataFrame] = field(repr=False)
    _roster: Roster = field(repr=False)
    _working_days: WorkingDays = field(repr=False)
    _given: Mapping[tuple[str, str], Mapping[str, Given]] = field(repr=False)
    _exemptions: tuple[Exemption, ...] = field(repr=False)
    _months: Mapping[str, frozenset[str]] = field(repr=False)
    _tickets: dict[Key, list[tuple[str, int]]] = field(default_factory=dict, repr=False)
    _tallied: dict[tuple[str, float | None], Mapping[Key, Counted]] = field(default_factory=dict, repr=False)

    @staticmethod
    def read(folder: Path | None) -> Feeds:
        """The feeds of a folder; none at all for None.

        Raises
        ------
        ConfigurationError
            If there is no such folder, a file in it is not named after a feed, or a table is wrong. A feed that is
            not there is fine: what needs it has no value, and says so. A wrong one would change pay without a word,
            so nothing is read; all that is wrong is told at once.
        """
        tables: dict[str, pd.DataFrame] = {}
        digests: dict[str, str] = {}
        problems = []
        for name, path in sorted(_files(folder).items()):
            try:
                written = read_table(path)
                tables[name], digests[name] = checked(written, name), written.digest
            except ConfigurationError as error:
                problems.append(str(error))
        if problems:
            raise ConfigurationError("\n".join(problems))
        roster = Roster.of(tables.get("roster"))
        for name, table in tables.items():
            tables[name] = _placed(table, name, roster)
        return Feeds(
            digests=digests,
            _tables=tables,
            _roster=roster,
            _working_days=WorkingDays.of(tables.get("holidays")),
            _given=_given(tables.get("judged")),
            _exemptions=_exemptions(tables.get("exemptions")),
            _months={name: frozenset(table["month"]) for name, table in tables.items() if "month" in table},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The feeds that are there."""
        return tuple(self.digests)

    @property
    def has_exemptions(self) -> bool:
        """Whether anybody is exempt from anything."""
        return bool(self._exemptions)

    def measures(self, indicator: str, month: str) -> bool:
        """Whether an indicator can be measured: its feed is there, with its columns and with rows of the month.

        An agent without a value is then not asked (nobody complained); otherwise the feed is missing.
        """
        known = _indicator(indicator)
        return self._table(known) is not None and month in self._months[known.feed]

    def measured(
        self,
        indicator: str,
        month: str,
        *,
        agent_id: str | None = None,
        team: str | None = None,
        limit: float | None = None,
    ) -> Counted | None:
        """An indicator in a month: of an agent, of a team, or, with neither, of everybody.

        Parameters
        ----------
        month : str
            ``YYYY-MM``.
        limit : float | None
            What the indicator is asked with; the printed one by default.

        Returns
        -------
        Counted | None
            None when the feed or a column is missing, none of their rows is asked, or the indicator needs a limit
            that neither the document nor the caller gives. A feed that names no agents (``hours``) is the same for
            everyone.

        Raises
        ------
        ConfigurationError
            If no feed has such an indicator, or it takes no limit.
        """
        known = _indicator(indicator)
        if agent_id is not None and team is not None:
            raise ValueError("an agent or a team, not both")
        if limit is not None and not known.limit_in:
            raise ConfigurationError(f"{indicator} takes no limit")
        limit = known.limit if limit is None else limit
        table = self._table(known)
        if table is None or (known.limit_in and limit is None):
            return None
        if (indicator, limit) not in self._tallied:
            self._tallied[indicator, limit] = _tallied(table, *counts(indicator, table, limit, self._working_days))
        if "agent_id" not in table:
            agent_id = team = None
        return self._tallied[indicator, limit].get((month, agent_id, team))

    def errors_per_ticket(
        self, month: str, *, agent_id: str | None = None, team: str | None = None
    ) -> tuple[tuple[str, int], ...] | None:
        """The tickets that were checked, in the order of their creation, each with the errors in its record.

        None when the feed or its column is missing, or none of their tickets was checked.
        """
        table = self._table(_indicator("tickets.record_errors"))
        if table is None:
            return None
        if not self._tickets:
            rows = table[table["record_errors"].notna()].sort_values(["created_at", "ticket_id"])
            columns = (rows[name] for name in ("month", "agent_id", "team", "ticket_id", "record_errors"))
            for at, agent, its_team, ticket, errors in zip(*columns, strict=True):
                for key in ((at, None, None), (at, agent, None), *(((at, None, its_team),) if its_team else ())):
                    self._tickets.setdefault(key, []).append((ticket, int(errors)))
        return tuple(self._tickets.get((month, agent_id, team), ())) or None

    def given(self, month: str, agent_id: str) -> Mapping[str, Given]:
        """What people gave an agent in a month, by the id of the item, or ``id-number`` of a sub-item."""
        return self._given.get((month, agent_id), {})

    def items(self, month: str) -> frozenset[str]:
        """Every item that people gave values for in a month, or that anybody is exempt from."""
        given = {item for (of, _), items in self._given.items() if of == month for item in items}
        return frozenset(given.union(*(exemption.items for exemption in self._exemptions)))

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """Who is in which team and when, by the roster; none without one."""
        return self._roster.memberships

    def team(self, agent_id: str, day: date) -> str | None:
        """The agent's team on a day, by the roster."""
        return self._roster.team(agent_id, day)

    def name(self, agent_id: str) -> str | None:
        """The agent's name, by the roster."""
        return self._roster.name(agent_id)

    def agents(self, month: str) -> tuple[str, ...]:
        """Every agent whom any feed knows in a month, in order."""
        year, number = map(int, month.split("-"))
        last = date(year, number, monthrange(year, number)[1])
        found = set(self._roster.agents(last.replace(day=1), last))
        for table in self._tables.values():
            if {"month", "agent_id"} <= set(table):
                found.update(table.loc[table["month"] == month, "agent_id"])
        return tuple(sorted(found))

    def exemptions_of(self, agent_id: str | None, queue: str | None, instant: datetime) -> tuple[Exemption, ...]:
        """The exemptions that hold for a call of this agent, in this queue, at this instant."""
        return tuple(
            exemption
            for exemption in self._exemptions
            if exemption.start <= instant < exemption.end
            and exemption.agent_id in (None, agent_id)
            and exemption.queue in (None, queue)
        )

    def _table(self, known: Indicator) -> pd.DataFrame | None:
        table = self._tables.get(known.feed)
        return table if table is not None and set(known.columns) <= set(table) else None


def _indicator(name: str) -> Indicator:
    known = INDICATORS.get(name)
    if known is None or known.feed not in SCHEMAS:
        feeds = ", ".join(name for name, indicator in INDICATORS.items() if indicator.feed in SCHEMAS)
        raise ConfigurationError(f"no feed has an indicator {name}; there are {feeds}")
    return known


def _files(folder: Path | None) -> dict[str, Path]:
    """The file of each feed."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ConfigurationError(f"feeds: there is no folder {folder}")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue  # what systems leave behind, and Excel while a file is open
        name = _NAMES.get(path.stem.casefold())
        if name is None or path.suffix.lower() not in READERS or not path.is_file():
            known = ", ".join(f"{name}（{schema.title}）" for name, schema in SCHEMAS.items())
            raise ConfigurationError(
                f"{path}: is not a feed; name it after one of {known}, with the ending {', '.join(READERS)}"
            )
        if name in found:
            raise ConfigurationError(f"{path}: the feed {name} is already in {found[name].name}; keep one")
        found[name] = path
    return found


def _placed(table: pd.DataFrame, name: str, roster: Roster) -> pd.DataFrame:
    """The table with month and team of each row, where its rows have a date."""
    at = SCHEMAS[name].metadata.get("at")
    if name == "judged":
        return table.assign(month=table["month"].astype(str))
    if at is None:
        return table
    table = table.assign(month=table[at].dt.strftime("%Y-%m"))
    return table.assign(team=roster.teams(table["agent_id"], table[at])) if "agent_id" in table else table


def _tallied(table: pd.DataFrame, count: pd.Series, of: pd.Series) -> dict[Key, Counted]:
    """The sums by month, and within it by agent and by team; a sum over nothing is none."""
    rows = table[["month"]].assign(count=count, of=of)
    sums: dict[Key, Counted] = {}
    for (month,), c, o in _sums(rows, ["month"]):
        sums[month, None, None] = Counted(c, o)
    if "agent_id" in table:
        rows = rows.assign(agent_id=table["agent_id"], team=table["team"])
        for (month, agent), c, o in _sums(rows, ["month", "agent_id"]):
            sums[month, agent, None] = Counted(c, o)
        for (month, team), c, o in _sums(rows, ["month", "team"]):
            sums[month, None, team] = Counted(c, o)
    return sums


def _sums(rows: pd.DataFrame, keys: list[str]) -> list[tuple[tuple[str, ...], float, float]]:
    added = rows.groupby(keys, sort=False)[["count", "of"]].sum()
    added = added[added["of"] > 0]
    keyed = (key if isinstance(key, tuple) else (key,) for key in added.index)
    return list(zip(keyed, map(float, added["count"]), map(float, added["of"]), strict=True))


def _given(judged: pd.DataFrame | None) -> dict[tuple[str, str], dict[str, Given]]:
    given: dict[tuple[str, str], dict[str, Given]] = {}
    if judged is not None:
        notes = judged["note"].fillna("") if "note" in judged else [""] * len(judged)
        columns = (judged[name] for name in ("month", "agent_id", "item", "value", "by"))
        for month, agent_id, item, value, by, note in zip(*columns, notes, strict=True):
            given.setdefault((month, agent_id), {})[item] = Given(_value(value), by, note)
    return given


def _value(text: str) -> float | str:
    """A number where it is one, ``88%`` as 0.88; else the words."""
    percent = text.endswith(("%", "％"))
    try:
        number = float(text[:-1] if percent else text)
    except ValueError:
        return text
    return number / 100 if percent else number


def _exemptions(table: pd.DataFrame | None) -> tuple[Exemption, ...]:
    if table is None:
        return ()
    rows = table.reindex(columns=["agent_id", "queue", "start", "end", "items", "reason", "by"])
    return tuple(
        Exemption(
            agent_id=None if pd.isna(agent_id) else agent_id,
            queue=None if pd.isna(queue) else queue,
            start=start.to_pydatetime(),
            end=end.to_pydatetime(),
            items=tuple(item for item in _BETWEEN_ITEMS.split(items) if item),
            reason=reason,
            by=by,
        )
        for agent_id, queue, start, end, items, reason, by in rows.itertuples(index=False, name=None)
    )
