"""A criterion of a scorecard: its sentence as printed, its points, and what answers it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from pipeline.scorecard.kinds import Policy, name_of
from pipeline.scorecard.rules import RULES, Rule
from pipeline.scorecard.scoring import DIGITS, Scoring

AnsweredBy: TypeAlias = Literal["calls", "feed", "person"]
Evidence: TypeAlias = Literal["", "tickets"]
_FOR_A_PERSON = "is shown to the person who answers, and the calls answer by themselves"
CALLS = "calls."
"""Indicators whose name begins so are measured on the calls themselves; the others come from a feed."""


def _source(rule: Rule | None, indicator: str) -> AnsweredBy:
    if rule is not None or indicator.startswith(CALLS):
        return "calls"
    return "feed" if indicator else "person"


class Part(Policy):
    """A ▲ or a numbered part of a criterion.

    Parameters
    ----------
    points : float | None
        As printed; None where the document gives none: the parts without points then share equally.
    rule : Rule | None
        What is asked of each call.
    needs_person : str
        When the rule's answer counts only after a person's yes. ``all``: it is a suggestion, shown with its places
        to listen and worth nothing by itself. ``hits``: met counts at once, not met waits for a person.
    indicator : str
        A share, 0..1, from a feed or from all calls (see `pipeline.indicators`), which earns a level.
    limit : float | None
        What the indicator is asked with (so many days). Written but empty: the document leaves it open (``[X]``).
    at_least : float | None
        The indicator must reach this to count as met at all. Written but empty as above.
    evidence : str
        What is shown beside it on a call to the person who answers it. ``tickets``: where the tickets of the call
        and what was said in it differ, with places to listen.
    """

    title: str
    points: Annotated[float, Field(gt=0)] | None = None
    rule: Annotated[Rule, RULES] | None = None
    needs_person: Literal["", "all", "hits"] = ""
    indicator: str = ""
    limit: Annotated[float, Field(ge=0)] | None = None
    at_least: Annotated[float, Field(ge=0)] | None = None
    evidence: Evidence = ""
    note: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Part:
        if self.rule is not None and self.indicator:
            raise ValueError("a part is answered by a rule or by an indicator, not by both")
        if {"limit", "at_least"} & self.model_fields_set and not self.indicator:
            raise ValueError("limit and at_least speak of the value of an indicator, and there is none")
        if self.needs_person and self.rule is None:
            raise ValueError("needs_person speaks of the answer of a rule, and there is none")
        if self.evidence and self.answered_by == "calls" and not self.needs_person:
            raise ValueError(f"evidence {_FOR_A_PERSON} this part")
        return self

    @property
    def counts(self) -> bool:
        """Whether the answer of its rule counts by itself; that of a suggestion waits for a person."""
        return self.rule is not None and self.needs_person != "all"

    @property
    def answered_by(self) -> AnsweredBy:
        """Who gives its value."""
        return _source(self.rule if self.counts else None, self.indicator)

    @property
    def open(self) -> bool:
        """Whether the document leaves one of its figures open."""
        written = {"limit", "at_least"} & self.model_fields_set
        return any(getattr(self, field) is None for field in written)


class Printed(Policy):
    """Another wording of the same criterion in the same documents; the lint compares the two."""

    where: str
    text: str
    scoring: Scoring | None = None
    points: float | None = None


class Criterion(Policy):
    """One criterion of a scorecard.

    Parameters
    ----------
    standard : str
        The sentence of the printed document.
    dimension : str
        维度: under which heading the document lists it; empty where it has none.
    source_class : str
        How the document's criterion can be answered: A from calls, E from a feed, M by a person; combined ``A+E``.
    points : float | None
        As printed; None where the document prints none.
    parts : tuple of Part
        Parts. Without them the criterion is one whole: answered by `indicator`, or by a person.
    limit : float | None
        What the indicator is asked with, as for a part. Written but empty: the document leaves it open (``[X]``).
    graded : str
        ``whole``: the share of the parts met earns the criterion one level. ``parts``: each part has its own level.
    scoring : Scoring | None
        The formula for the month's value. None: level criteria, judged call by call where calls answer them.
    settle : str | None
        What to do when the parts do not sum to the printed points: ``cap`` at the points, ``scale`` to them.
    auto_fail : bool
        一票否决: not met, nothing of the call (of the month, for a formula) is left.
    bonus : bool
        加分: its points are added and never possible.
    evidence : str
        What is shown beside it, as for a part; of a criterion without parts.
    also_printed : tuple of Printed
        Other wordings of the same rule in the documents.
    """

    id: str
    title: str
    standard: str
    dimension: str = ""
    source_class: Annotated[str, Field(pattern=r"^[AEM]\*?(\+[AEM]\*?)*$")] = "M"
    points: Annotated[float, Field(gt=0)] | None
    parts: tuple[Part, ...] = ()
    indicator: str = ""
    limit: Annotated[float, Field(ge=0)] | None = None
    graded: Literal["whole", "parts"] = "whole"
    scoring: Scoring | None = None
    settle: Literal["cap", "scale"] | None = None
    auto_fail: bool = False
    bonus: bool = False
    evidence: Evidence = ""
    also_printed: tuple[Printed, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _decidable(self) -> Criterion:
        if self.parts and self.indicator:
            raise ValueError(f"{self.id}: an indicator answers a criterion without parts")
        if "limit" in self.model_fields_set and not self.indicator:
            raise ValueError(f"{self.id}: a limit is what an indicator is asked with, and there is none")
        if self.graded == "parts" and (not self.parts or self.scoring):
            raise ValueError(f"{self.id}: graded by parts needs parts, and no formula")
        if self.scoring and self.scoring.only_adds and not self.bonus:
            kind = name_of(type(self.scoring))
            raise ValueError(f"{self.id}: a formula of kind {kind} adds points, so the criterion is a bonus")
        return self

    @model_validator(mode="after")
    def _shown_to_somebody(self) -> Criterion:
        if self.evidence and self.parts:
            raise ValueError(f"{self.id}: evidence is written at the part beside which it is shown")
        if self.evidence and "calls" in self.answered_by:
            raise ValueError(f"{self.id}: evidence {_FOR_A_PERSON} it")
        if self.scoring is not None and any(part.evidence and part.rule is None for part in self.parts):
            raise ValueError(
                f"{self.id}: evidence is shown on a call, and no call is asked a part without a rule here"
            )
        return self

    @cached_property
    def digest(self) -> str:
        """Short hash of all that it asks: what a person answered stands while it is this."""
        written = self.model_dump_json(
            by_alias=True, exclude_defaults=True, exclude={"evidence": True, "parts": {"__all__": {"evidence"}}}
        )
        return hashlib.sha256(written.encode()).hexdigest()[:12]

    @property
    def answered_by(self) -> tuple[AnsweredBy, ...]:
        """Who gives its value; several where the parts differ.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> find_scorecard("kf01").criterion("KF01-4").answered_by
        ('calls',)
        """
        sources = [part.answered_by for part in self.parts] or [_source(None, self.indicator)]
        return tuple(dict.fromkeys(sources))

    @property
    def by_call(self) -> bool:
        """Whether points are awarded call by call; a formula over the month awards them once.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> card = find_scorecard("table1")
        >>> [c.id for c in card.criteria if c.by_call]
        []
        """
        return self.scoring is None and any(part.counts for part in self.parts)

    @property
    def vetoes_calls(self) -> bool:
        """Whether it is a 一票否决 of single calls; any other one is of the month.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> find_scorecard("kf01").criterion("KF01-4").vetoes_calls
        False
        """
        return self.auto_fail and self.by_call

    @property
    def open(self) -> bool:
        """Whether the document leaves a figure open without which nothing can be scored.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> [c.id for c in find_scorecard("kf03").criteria if c.open]
        ['KF03-五-2']
        """
        if self.scoring is not None and self.scoring.open:
            return True
        if "limit" in self.model_fields_set and self.limit is None:
            return True
        return bool(self.parts) and all(part.open for part in self.parts)

    @property
    def disagrees(self) -> bool:
        """Whether the printed points are not those of the parts, and nobody has said what to do.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> [c.id for c in find_scorecard("kf03").criteria if c.disagrees]
        ['KF03-二']
        """
        return self.settle is None and self.printed_sum not in (None, self.points)

    @property
    def printed_sum(self) -> float | None:
        """The points of the parts added; None unless each has some.

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> criterion = find_scorecard("kf03").criterion("KF03-二")
        >>> criterion.printed_sum, criterion.points
        (46.0, 40.0)
        """
        points = [part.points for part in self.parts if part.points is not None]
        return round(sum(points), DIGITS) if points and len(points) == len(self.parts) else None

    def weights(self) -> tuple[float, ...]:
        """The share of each part in the criterion, summing to 1 (above 1 never: `cap` is applied to the points).

        Examples
        --------
        >>> from pipeline.scorecard import find_scorecard
        >>> find_scorecard("kf01").criterion("KF01-4").weights()
        (0.3333333333333333, 0.3333333333333333, 0.3333333333333333)
        """
        given = sum(part.points or 0.0 for part in self.parts)
        unprinted = sum(part.points is None for part in self.parts)
        if not unprinted:
            return tuple((part.points or 0.0) / given for part in self.parts)
        rest = max(0.0, (self.points or 0.0) - given) / unprinted if given else 1.0
        total = given + rest * unprinted
        return tuple((rest if part.points is None else part.points) / total for part in self.parts)
