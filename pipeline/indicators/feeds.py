"""A folder of feeds, read once, and what it says of a month: measured values, given values, teams, exemptions.

Knows whose rows count for whom: a row counts for the month and the team of its date in Asia/Shanghai. What a file
must look like is in `schemas`, what an indicator counts in `counts`.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd

from pipeline.errors import ConfigurationError
from pipeline.indicators.check import checked, headings_fit
from pipeline.indicators.counts import Counts, counts
from pipeline.indicators.exemptions import Exemption, exemptions_of
from pipeline.indicators.registry import INDICATORS, Indicator
from pipeline.indicators.roster import Membership, Roster
from pipeline.indicators.schemas import SCHEMAS
from pipeline.indicators.tables import ALL_ENDINGS, ENDINGS, read_table
from pipeline.indicators.wages import Wage, wages_of
from pipeline.indicators.working_days import WorkingDays
from pipeline.notices import Notice

_NAMES: Mapping[str, str] = {
    **{name: name for name in SCHEMAS},
    **{str(schema.title): name for name, schema in SCHEMAS.items()},
}
"""A file may be named in English or in Chinese."""

RATINGS = "ratings"
"""Names what people gave in the desk among the digests of the files."""

Key: TypeAlias = tuple[str, str | None, str | None]
"""Month, agent, team; the last two None for everybody."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A value with its numerator and denominator: met of asked, or a sum and the number of its terms.

    `unknown` is the number of rows that are in neither, because what is needed was not filled in.
    """

    count: float
    of: float
    unknown: float = 0.0

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the most that a share would be, were all that is unknown known.

        Examples
        --------
        >>> Ratio(6.0, 8.0, unknown=2.0).ends
        (0.6, 0.8)
        """
        whole = self.of + self.unknown
        return self.count / whole, (self.count + self.unknown) / whole

    @property
    def value(self) -> float:
        """The numerator by the denominator, which is never 0 in what `Feeds.measured` answers.

        Examples
        --------
        >>> Ratio(85.0, 2.0).value
        42.5
        """
        return self.count / self.of


@dataclass(frozen=True, slots=True)
class ManualValue:
    """The value that a person gave for a criterion: a number (a share as a fraction), a level's name, or n_a.

    `remark` says in Chinese where it was given if not in a file, and what a file says of it, for the sentence.
    """

    value: float | str
    by: str
    note: str
    remark: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Feeds:
    """Every feed of a folder, checked.

    Parameters
    ----------
    digests : mapping
        By feed, the first 12 hex digits of a sha256 of its file; of a query, of its text and of what it gave.
    notices : tuple of Notice
        What was doubtful about the files, and how it was taken.
    """

    digests: Mapping[str, str]
    notices: tuple[Notice, ...]
    _tables: Mapping[str, pd.DataFrame] = field(repr=False)
    _roster: Roster = field(repr=False)
    _working_days: WorkingDays = field(repr=False)
    _given: Mapping[tuple[str, str], Mapping[str, ManualValue]] = field(repr=False)
    _exemptions: tuple[Exemption, ...] = field(repr=False)
    _wages: Mapping[tuple[str, str], Wage] = field(repr=False)
    _months: Mapping[str, frozenset[str]] = field(repr=False)
    _tickets: dict[Key, list[tuple[str, int]]] = field(default_factory=dict, repr=False)
    _tallied: dict[tuple[str, float | None], Mapping[Key, Ratio]] = field(default_factory=dict, repr=False)

    @staticmethod
    def read(folder: Path | None) -> Feeds:
        """The feeds in a folder, checked; none at all for None.

        Raises
        ------
        ConfigurationError
            If there is no such folder, a file in it is not named after a feed, or a table is wrong. A feed that is
            not there is fine: what needs it has no value, and says so. A wrong one would change pay without a word,
            so nothing is read; all that is wrong is told at once.

        Examples
        --------
        >>> import tempfile
        >>> lines = ("工号,科目,考试日期,成绩", "1001,话术,2025-03-05,80", "1002,话术,2025-03-06,90")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "exams.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     feeds = Feeds.read(Path(folder))
        >>> feeds.names
        ('exams',)
        """
        tables: dict[str, pd.DataFrame] = {}
        digests: dict[str, str] = {}
        problems: list[str] = []
        notices: list[Notice] = []
        for name, path in sorted(_files(folder).items()):
            try:
                source = read_table(path, headings_fit(name))
                feed = checked(source, name)
                tables[name], digests[name] = feed.rows, source.digest
                notices += feed.notices
            except ConfigurationError as error:
                problems.append(str(error))
        if problems:
            raise ConfigurationError("\n".join(problems))
        wages = wages_of(tables.pop("wages", None))  # tells of pay, and of nobody's month
        roster = Roster.of(tables.get("roster"))
        for name, table in tables.items():
            tables[name] = _placed(table, name, roster)
        return Feeds(
            digests=digests,
            notices=tuple(notices),
            _tables=tables,
            _roster=roster,
            _working_days=WorkingDays.of(tables.get("holidays")),
            _given=_given(tables.get("judged")),
            _exemptions=exemptions_of(tables.get("exemptions")),
            _wages=wages,
            _months={name: frozenset(table["month"]) for name, table in tables.items() if "month" in table},
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the feeds that are there."""
        return tuple(self.digests)

    @property
    def has_exemptions(self) -> bool:
        """Whether anybody is exempt from anything."""
        return bool(self._exemptions)

    def measures(self, indicator: str, month: str) -> bool:
        """Whether an indicator can be measured: its feed is there, with its columns and with rows of the month.

        An agent without a value is then not asked (nobody complained); otherwise the feed is missing.

        Examples
        --------
        >>> import tempfile
        >>> lines = ("工号,科目,考试日期,成绩", "1001,话术,2025-03-05,80", "1002,话术,2025-03-06,90")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "exams.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     feeds = Feeds.read(Path(folder))
        >>> feeds.measures("exams.score", "2025-03"), feeds.measures("exams.score", "2025-04")
        (True, False)
        """
        entry = _indicator(indicator)
        return self._table(entry) is not None and month in self._months[entry.feed]

    def measured(
        self,
        indicator: str,
        month: str,
        *,
        agent_id: str | None = None,
        team: str | None = None,
        limit: float | None = None,
    ) -> Ratio | None:
        """The ratio of an indicator in a month: of an agent, of a team, or, with neither, of everybody.

        Parameters
        ----------
        month : str
            ``YYYY-MM``.
        limit : float | None
            What the indicator is asked with, as the standard gives it.

        Returns
        -------
        Ratio | None
            None when the feed or a column is missing, nobody has a row, or the indicator needs a limit and none is
            given; of nothing (`of` is 0) where no row is known to be asked, with how many nobody filled in. A feed
            that names no agents (``hours``) is the same for everyone.

        Raises
        ------
        ConfigurationError
            If no feed has such an indicator, or it takes no limit.

        Examples
        --------
        >>> import tempfile
        >>> lines = ("工号,科目,考试日期,成绩", "1001,话术,2025-03-05,80", "1002,话术,2025-03-06,90")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "exams.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     feeds = Feeds.read(Path(folder))
        >>> feeds.measured("exams.score", "2025-03"), feeds.measured("exams.score", "2025-03", agent_id="1001")
        (Ratio(count=170.0, of=2.0, unknown=0.0), Ratio(count=80.0, of=1.0, unknown=0.0))
        >>> lines = ("工单号,工号,创建时间,首次解决", "T1,1001,2025-03-05,", "T2,1001,2025-03-06,是")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "tickets.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     feeds = Feeds.read(Path(folder))
        >>> feeds.measured("tickets.first_contact", "2025-03")
        Ratio(count=1.0, of=1.0, unknown=1.0)
        """
        entry = _indicator(indicator)
        if agent_id is not None and team is not None:
            raise ValueError("an agent or a team, not both")
        if limit is not None and not entry.limit_in:
            raise ConfigurationError(f"{indicator} takes no limit")
        table = self._table(entry)
        if table is None or (entry.needs_limit and limit is None):
            return None
        if (indicator, limit) not in self._tallied:
            self._tallied[indicator, limit] = _tallied(table, counts(indicator, table, limit, self._working_days))
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

    def given(self, month: str, agent_id: str) -> Mapping[str, ManualValue]:
        """The values that people gave an agent in a month, by the criterion's id, or ``id-number`` of a part."""
        return self._given.get((month, agent_id), {})

    def with_given(
        self, month: str, values: Mapping[str, Mapping[str, ManualValue]], notices: Iterable[Notice], digest: str
    ) -> Feeds:
        """The same feeds with all that people gave these agents in a month replaced.

        Parameters
        ----------
        values : mapping
            By agent, then by item.
        digest : str
            Of what was given elsewhere than in a file; kept beside those of the files.
        """
        given = {**self._given, **{(month, agent): own for agent, own in values.items()}}
        digests = {**self.digests, RATINGS: digest}
        return replace(self, _given=given, digests=digests, notices=(*self.notices, *notices))

    def wages(self, month: str) -> Mapping[str, Wage]:
        """The bases of pay of everybody whom the feed ``wages`` names in a month, by agent."""
        return {agent: wage for (of, agent), wage in self._wages.items() if of == month}

    def items(self, month: str) -> frozenset[str]:
        """The ids of the criteria that people gave values for in a month, or that anybody is exempt from."""
        ids = {item for (of, _), items in self._given.items() if of == month for item in items}
        return frozenset(ids.union(*(exemption.items for exemption in self._exemptions)))

    @property
    def memberships(self) -> tuple[Membership, ...]:
        """The memberships of teams by the roster; none without one."""
        return self._roster.memberships

    def team(self, agent_id: str, day: date) -> str | None:
        """The agent's team on a day, by the roster."""
        return self._roster.team(agent_id, day)

    def name(self, agent_id: str) -> str | None:
        """The agent's name, by the roster."""
        return self._roster.name(agent_id)

    def agents(self, month: str) -> tuple[str, ...]:
        """The agents whom any feed knows in a month, in order.

        Examples
        --------
        >>> import tempfile
        >>> lines = ("工号,科目,考试日期,成绩", "1001,话术,2025-03-05,80", "1002,话术,2025-03-06,90")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "exams.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     feeds = Feeds.read(Path(folder))
        >>> feeds.agents("2025-03")
        ('1001', '1002')
        """
        year, number = map(int, month.split("-"))
        last = date(year, number, monthrange(year, number)[1])
        agents = set(self._roster.agents(last.replace(day=1), last))
        for table in self._tables.values():
            if {"month", "agent_id"} <= set(table):
                agents.update(table.loc[table["month"] == month, "agent_id"])
        agents.update(agent for of, agent in self._given if of == month)
        return tuple(sorted(agents))

    def exemptions_of(self, agent_id: str | None, queue: str | None, instant: datetime) -> tuple[Exemption, ...]:
        """The exemptions that hold for a call of this agent, in this queue, at this instant."""
        return tuple(each for each in self._exemptions if each.holds(agent_id, queue, instant))

    def tickets(self, month: str) -> tuple[Mapping[str, Any], ...]:
        """The tickets of a month, in the order of their creation: a value by column, None for an empty cell.

        Examples
        --------
        >>> import tempfile
        >>> lines = ("工单号,工号,创建时间,通话编号,联系电话", "T1,1001,2025-03-05 09:00:00,D01,")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "tickets.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     (ticket,) = Feeds.read(Path(folder)).tickets("2025-03")
        >>> ticket["call_id"], ticket["phone"], "address" in ticket
        ('D01', None, False)
        """
        table = self._tables.get("tickets")
        return () if table is None else _tickets(table[table["month"] == month])

    def tickets_of_call(self, call_id: str) -> tuple[Mapping[str, Any], ...] | None:
        """The tickets that name a call, of whichever month, like `tickets`; None where the feed names no calls.

        Examples
        --------
        >>> import tempfile
        >>> lines = ("工单号,工号,创建时间,通话编号", "T1,1001,2025-03-31,D01", "T2,1001,2025-04-01,D01")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     size = (Path(folder) / "tickets.csv").write_text(chr(10).join(lines), encoding="utf-8")
        ...     feeds = Feeds.read(Path(folder))
        >>> [ticket["ticket_id"] for ticket in feeds.tickets_of_call("D01")], feeds.tickets_of_call("D02")
        (['T1', 'T2'], ())
        """
        table = self._tables.get("tickets")
        if table is None or "call_id" not in table:
            return None
        return _tickets(table[table["call_id"] == call_id])

    def _table(self, indicator: Indicator) -> pd.DataFrame | None:
        table = self._tables.get(indicator.feed)
        return table if table is not None and set(indicator.columns) <= set(table) else None


def _tickets(rows: pd.DataFrame) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.sort_values(["created_at", "ticket_id"]).to_dict("records")
    )


def _indicator(name: str) -> Indicator:
    indicator = INDICATORS.get(name)
    if indicator is None or indicator.feed not in SCHEMAS:
        feeds = ", ".join(name for name, each in INDICATORS.items() if each.feed in SCHEMAS)
        raise ConfigurationError(f"no feed has an indicator {name}; there are {feeds}")
    return indicator


def _files(folder: Path | None) -> dict[str, Path]:
    """The file of each feed."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ConfigurationError(f"feeds: there is no folder {folder}")
    files: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):
            continue  # what systems leave behind, and Excel while a file is open
        name = _NAMES.get(path.stem.casefold())
        if name is None or path.suffix.lower() not in ALL_ENDINGS or not path.is_file():
            names = ", ".join(f"{name}（{schema.title}）" for name, schema in SCHEMAS.items())
            raise ConfigurationError(
                f"{path}: is not a feed; name it after one of {names}, with the ending {', '.join(ENDINGS)}"
            )
        if name in files:
            raise ConfigurationError(f"{path}: the feed {name} is already in {files[name].name}; keep one")
        files[name] = path
    return files


def _placed(table: pd.DataFrame, name: str, roster: Roster) -> pd.DataFrame:
    """The table with month and team of each row, where its rows have a date."""
    at = SCHEMAS[name].metadata.get("at")
    if name == "judged":
        return table.assign(month=table["month"].astype(str))
    if at is None:
        return table
    table = table.assign(month=table[at].dt.strftime("%Y-%m"))
    return table.assign(team=roster.teams(table["agent_id"], table[at])) if "agent_id" in table else table


def _tallied(table: pd.DataFrame, counted: Counts) -> dict[Key, Ratio]:
    """The sums by month, and within it by agent and by team; a sum over nothing is none."""
    rows = pd.DataFrame({"count": counted.count, "of": counted.of, "unknown": counted.unknown})
    rows["month"] = table["month"] if counted.month is None else counted.month
    sums: dict[Key, Ratio] = {(month, None, None): ratio for (month,), ratio in _sums(rows, ["month"])}
    if "agent_id" in table:
        rows = rows.assign(agent_id=table["agent_id"], team=table["team"])
        for (month, agent), ratio in _sums(rows, ["month", "agent_id"]):
            sums[month, agent, None] = ratio
        for (month, team), ratio in _sums(rows, ["month", "team"]):
            sums[month, None, team] = ratio
    return sums


def _sums(rows: pd.DataFrame, keys: list[str]) -> list[tuple[tuple[str, ...], Ratio]]:
    sums = rows.groupby(keys, sort=False)[["count", "of", "unknown"]].sum()
    sums = sums[(sums["of"] > 0) | (sums["unknown"] > 0)]
    keyed = (key if isinstance(key, tuple) else (key,) for key in sums.index)
    return [(key, Ratio(*map(float, figures))) for key, figures in zip(keyed, sums.to_numpy(), strict=True)]


def _given(table: pd.DataFrame | None) -> dict[tuple[str, str], dict[str, ManualValue]]:
    values: dict[tuple[str, str], dict[str, ManualValue]] = {}
    if table is not None:
        notes = table["note"].fillna("") if "note" in table else [""] * len(table)
        columns = (table[name] for name in ("month", "agent_id", "item", "value", "by"))
        for month, agent_id, item, value, by, note in zip(*columns, notes, strict=True):
            values.setdefault((month, agent_id), {})[item] = ManualValue(value_of(value), by, note)
    return values


def value_of(text: str) -> float | str:
    """A number where it is one, ``88%`` as 0.88; else the words.

    Examples
    --------
    >>> value_of("88%"), value_of("4"), value_of("符合")
    (0.88, 4.0, '符合')
    """
    percent = text.endswith(("%", "％"))
    try:
        number = float(text[:-1] if percent else text)
    except ValueError:
        return text
    return number / 100 if percent else number
