"""A label: what a person said of one stretch of a call, kept as a fact to learn from and to measure by.

Knows what a label is; not how a classifier learns from it (`models`), nor where it is kept (`store`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.timeline import Span
from pipeline.turns import Role


class Source(StrEnum):
    """Where a label comes from. Generated ones are for a start; only the others tell how good a classifier is."""

    REVIEW = "review"
    DISPUTE = "dispute"
    IMPORT = "import"
    GENERATED = "generated"


@dataclass(frozen=True, slots=True)
class Label:
    """One judgement of a person on one criterion in one turn.

    Parameters
    ----------
    criterion : str
        What is judged: ``complaint``, ``sincere_apology``, ``empathy``, ``impatience``, ``shirking``,
        ``vague_answer``, ``over_promise``, ``proactive_offer``, ``plan_with_time``.
    holds : bool
        Whether the criterion is there.
    call_id, agent_id : str, str | None
        Of which call and agent: both keep training and test apart.
    span : Span
        Where to listen, in seconds of the recording.
    role : Role
        Who speaks there.
    text, before : str
        What was heard in the turn, and in the turn of the other side before it.
    source : Source
        Who says so.
    by : str
        The person; the generator's name for generated ones.
    at : datetime
        When it was said, timezone-aware.
    gold : bool
        Held out: never trained on, only measured by.
    drawn : bool
        Whether the turn was drawn at random, so that it counts for unbiased estimates in the field.
    machine : float | None
        The probability that the live model gave when the person judged; None where none was live.
    """

    criterion: str
    holds: bool
    call_id: str
    agent_id: str | None
    span: Span
    role: Role
    text: str
    before: str
    source: Source
    by: str
    at: datetime
    gold: bool = False
    drawn: bool = False
    machine: float | None = None
