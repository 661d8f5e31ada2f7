"""For which calls a scorecard is: whose they are, and how well one must have been heard to be scored at all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.scorecard.kinds import Policy
from pipeline.timeline import Seconds

Share = Annotated[float, Field(ge=0, le=1)]


class QualityGate(Policy):
    """Below any of these a call is unscorable. See `hearing.Quality` for the quantities.

    Parameters
    ----------
    call_seconds : float
        Length of the talk, from answer to end; 0 asks for none, as no document of the shipped standards does.
    customer_speech_seconds : float
        Speech of the customer that carries words; 0 asks for none. Where it is given, a call in which either party
        is below its least has one side only.
    """

    agent_speech_seconds: Annotated[Seconds, Field(ge=0)] = 1.0
    coverage: Share = 0.5
    word_confidence: Share = 0.3
    call_seconds: Annotated[Seconds, Field(ge=0)] = 0.0
    customer_speech_seconds: Annotated[Seconds, Field(ge=0)] = 0.0


class Scope(Policy):
    """Whom a scorecard is for; empty for everyone."""

    queues: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    def claims(self, queue: str | None, team: str | None) -> bool:
        """Whether a call is among them: by its queue, and by its agent's team on its day; None for none.

        Examples
        --------
        >>> Scope(queues=("售后",)).claims("售后", None), Scope(teams=("甲组",)).claims("售后", None)
        (True, False)
        """
        return (not self.queues or queue in self.queues) and (not self.teams or team in self.teams)

    def overlaps(self, other: Scope) -> bool:
        """Whether some call is claimed by both for the same reason: a queue and a team that neither leaves open.

        Examples
        --------
        >>> after = Scope(queues=("售后",))
        >>> Scope(queues=("售前", "售后")).overlaps(after), after.overlaps(Scope())
        (True, False)
        """
        pairs = ((self.queues, other.queues), (self.teams, other.teams))
        return all(bool(set(one) & set(two)) or not (one or two) for one, two in pairs)

    def covers(self, other: Scope) -> bool:
        """Whether it claims every call that the other one does.

        Examples
        --------
        >>> Scope().covers(Scope(queues=("售后",))), Scope(queues=("售后",)).covers(Scope())
        (True, False)
        """
        pairs = ((self.queues, other.queues), (self.teams, other.teams))
        return all(not one or (bool(two) and set(two) <= set(one)) for one, two in pairs)

    def with_all(self, other: Scope) -> Scope:
        """A scope that leaves out no call of either.

        Examples
        --------
        >>> Scope(queues=("售前",)).with_all(Scope(queues=("售后",), teams=("甲组",)))
        Scope(queues=('售前', '售后'), teams=())
        """

        def both(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(dict.fromkeys((*one, *two))) if one and two else ()

        return Scope(queues=both(self.queues, other.queues), teams=both(self.teams, other.teams))
