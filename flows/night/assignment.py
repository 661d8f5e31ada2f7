"""Which line claims each call of a night, and by which policy it is heard and judged.

Knows lines, revisions, policies and the roster together; which line claims a call is in `flows.policy.claims`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.learning.registry import with_registry
from flows.policy.claims import Line, Lines
from flows.policy.policy import Policy, policy_for
from flows.policy.revisions import scorecard_of_month
from pipeline.call import Call
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.evaluation.fingerprint import judged_as
from pipeline.indicators.roster import Roster
from pipeline.scorecard import Scorecard
from pipeline.store import Store


@dataclass(frozen=True)
class Assignment:
    """The lines of a night, the roster that tells teams, and the policies of lines by months.

    Parameters
    ----------
    newest : mapping
        The policy of each line, by its name, with the newest revision of its standard.
    strict : bool
        Refuse a month in which no revision is in force; otherwise its calls are judged by the newest, and the
        assessment of that month refuses it.
    """

    lines: Lines
    newest: Mapping[str, Policy]
    roster: Roster
    store: Store
    strict: bool = False
    _known: dict[tuple[str, str | None], Policy] = field(default_factory=dict, repr=False)

    def line(self, call: Call) -> Line | None:
        """The line that claims a call; None where none does."""
        return self.lines.of(call, self.roster)

    def policy(self, call: Call) -> Policy | None:
        """The policy by which a call is judged; None for a call that no line claims."""
        line = self.line(call)
        return None if line is None else self.policy_of(line, call.month)

    @property
    def scorecards(self) -> tuple[Scorecard, ...]:
        """Those that were asked for so far: the revisions that judge the calls of the night."""
        return tuple({judged_as(own.scorecard): own.scorecard for own in self._known.values()}.values())

    def policy_of(self, line: Line, month: str | None) -> Policy:
        """The policy of a line with the revision of its standard by which a month is assessed.

        Raises
        ------
        PolicyError
            If `strict` and no revision is in force.
        """
        key = (line.name, month)
        if key not in self._known:
            self._known[key] = self._made(line, month)
        return self._known[key]

    def _made(self, line: Line, month: str | None) -> Policy:
        newest = self.newest[line.name]
        try:
            card = scorecard_of_month(self.store, line.standard, month, line.settings)
        except PolicyError:
            if self.strict:
                raise
            return newest
        if card.digest == newest.scorecard.digest:
            return newest
        return with_registry(policy_for(card, line.settings), self.store)


def assignment_of(lines: Lines, store: Store, *, strict: bool = False) -> Assignment:
    """The lines with their policies loaded and checked, and the roster that the store has.

    Raises
    ------
    PolicyError
        If a standard or a phrase list of a line is wrong.
    ConfigurationError
        If a line names teams and the store has no roster.
    """
    newest = {line.name: with_registry(policy_for(line.card, line.settings), store) for line in lines.lines}
    memberships = store.roster.memberships()
    if lines.names_teams and not memberships:
        raise ConfigurationError(
            "有业务线（或标准的 applies_to）按班组划分，而库里没有班组名册；请用 --feeds 给出名册"
        )
    return Assignment(lines, newest, Roster.of_rows(memberships), store, strict)
