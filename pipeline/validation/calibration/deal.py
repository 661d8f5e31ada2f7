"""The deal of a calibration: calls, the criteria asked of them, and the choices that reviewers have.

Knows how a machine's answer is put on the scale that people use; not how answers are kept or compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from pipeline.errors import CalibrationError
from pipeline.evaluation import VETO, Answer, Evaluation, Outcome, evaluate
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.scorecard import Criterion, Scorecard

NOT_APPLICABLE = "不适用"
"""The choice that lies on no scale: the criterion could not arise in the call."""

MET, PARTLY_MET, NOT_MET = (outcome.title for outcome in Outcome if outcome.decided)
"""The choices where the scorecard's own levels are not given to the whole criterion."""

MACHINE = ""
"""The rater of the machine's own answers: no account is named so."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The choices for one criterion, from best to worst; `NOT_APPLICABLE` can always be chosen beside them.

    Kept with the calibration: what people chose from stays known when the scorecard changes.
    """

    criterion: str
    title: str
    choices: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.choices)) != len(self.choices) or len(self.choices) < 2:
            raise ValueError(f"{self.criterion}: a scale has two or more different choices, not {self.choices}")
        if NOT_APPLICABLE in self.choices:
            raise ValueError(f"{self.criterion}: {NOT_APPLICABLE} lies on no scale")

    def has(self, choice: str) -> bool:
        """Whether that can be chosen.

        Examples
        --------
        >>> scale = Scale("KF01-4", "禁用语", ("符合", "不符合"))
        >>> scale.has("不适用"), scale.has("优秀")
        (True, False)
        """
        return choice == NOT_APPLICABLE or choice in self.choices

    def step(self, choice: str) -> int | None:
        """The number of steps that a choice lies below the best one; None for not applicable.

        Raises
        ------
        ValueError
            If nobody could choose that.

        Examples
        --------
        >>> scale = Scale("KF01-4", "禁用语", ("符合", "部分符合", "不符合"))
        >>> scale.step("符合"), scale.step("不符合"), scale.step("不适用")
        (0, 2, None)
        """
        return None if choice == NOT_APPLICABLE else self.choices.index(choice)


@dataclass(frozen=True, slots=True)
class Rating:
    """The choice of one rater for one criterion of one call.

    Parameters
    ----------
    rater : str
        The account's id.
    heard_at : float | None
        Seconds from the start of the recording: where the rater says it can be heard.
    note : str
        In the rater's words; empty for none.
    at : datetime | None
        When it was given, timezone-aware.
    """

    call_id: str
    criterion: str
    rater: str
    choice: str
    heard_at: float | None = None
    note: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Drawing:
    """The draw of the calls: from which, with which seed. The same draw from the same calls gives the same."""

    month: str
    team: str
    agent_id: str
    seed: int
    drawn_from: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """One blind double scoring: everybody in it is asked the same of the same calls.

    Parameters
    ----------
    scorecard, revision
        By which the machine had judged the calls when they were dealt.
    drawing : Drawing | None
        None where the calls were chosen.
    by, at
        Who dealt it, and when.
    closed_at, closed_by
        None and empty while it is open, and so blind.
    """

    id: int
    name: str
    scorecard: str
    revision: int
    scales: tuple[Scale, ...]
    calls: tuple[str, ...]
    reviewers: tuple[str, ...]
    by: str
    at: datetime
    drawing: Drawing | None = None
    closed_at: datetime | None = None
    closed_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still blind."""
        return self.closed_at is None

    @property
    def num_answers(self) -> int:
        """The number of answers that each reviewer owes.

        Examples
        --------
        >>> from datetime import UTC
        >>> scales = (Scale("KF01-4", "禁用语", ("符合", "不符合")),)
        >>> at = datetime(2025, 4, 1, tzinfo=UTC)
        >>> Calibration(1, "四月", "kf01", 1, scales, ("C1", "C2", "C3"), ("wang", "li"), "zhao", at).num_answers
        3
        """
        return len(self.calls) * len(self.scales)

    def order_for(self, reviewer: str) -> tuple[str, ...]:
        """The calls in an order of the reviewer's own, always the same: what comes late comes late for one only.

        Examples
        --------
        >>> from datetime import UTC
        >>> scales = (Scale("KF01-4", "禁用语", ("符合", "不符合")),)
        >>> at = datetime(2025, 4, 1, tzinfo=UTC)
        >>> calibration = Calibration(1, "四月", "kf01", 1, scales, ("C1", "C2", "C3"), ("wang", "li"), "zhao", at)
        >>> sorted(calibration.order_for("wang")), calibration.order_for("wang") == calibration.order_for("wang")
        (['C1', 'C2', 'C3'], True)
        """
        calls = list(self.calls)
        Random(f"{self.id}/{reviewer}").shuffle(calls)
        return tuple(calls)

    def scale(self, criterion: str) -> Scale | None:
        """The scale of a criterion that is asked; None for one that is not."""
        return next((scale for scale in self.scales if scale.criterion == criterion), None)


def scales_of(scorecard: Scorecard, criteria: Iterable[str] | None = None) -> tuple[Scale, ...]:
    """The scales of the criteria that can be told from a call, or of those named, in the scorecard's order.

    Notes
    -----
    A criterion that has one level as a whole is scored by the scorecard's levels. One whose parts have a level each
    is met, partly met or not met; one that a formula scores over the month is met or not met in a call.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> [scale.choices for scale in scales_of(find_scorecard("kf01"), ["KF01-4"])]
    [('符合', '基本符合', '一般符合', '不符合')]
    """
    wanted = None if criteria is None else set(criteria)
    return tuple(
        Scale(asked.criterion.id, asked.criterion.title, _choices(asked.criterion, scorecard))
        for asked in scorecard.call_criteria
        if (asked.rules if wanted is None else asked.criterion.id in wanted)
    )


def _choices(criterion: Criterion, scorecard: Scorecard) -> tuple[str, ...]:
    if criterion.scoring is not None:
        return MET, NOT_MET
    if criterion.graded == "parts":
        return MET, PARTLY_MET, NOT_MET
    return tuple(name for name, _ in scorecard.levels)


def choice_of(answer: Answer, scale: Scale) -> str | None:
    """The machine's answer on the scale; None where it gave none that people could have given.

    Examples
    --------
    >>> from pipeline.tally import Tally
    >>> answer = Answer("KF01-4", Outcome.NOT_MET, "不符合", Tally(0, 15), (), ())
    >>> [choice_of(answer, Scale("KF01-4", "", choices)) for choices in (("符合", "不符合"), ("好", "差"))]
    ['不符合', None]
    """
    if answer.outcome is Outcome.NOT_APPLICABLE:
        return NOT_APPLICABLE
    for said in (answer.level, answer.outcome.title if answer.outcome.decided else None):
        if said in scale.choices:
            return said
    return None


def machine_ratings(
    evaluation: Evaluation,
    findings: Sequence[Finding],
    hearing: Hearing,
    scorecard: Scorecard,
    scales: Sequence[Scale],
) -> tuple[Rating, ...]:
    """The machine's ratings of a judged call, each criterion by itself; what it left open is left out.

    Each is heard at the earliest of the findings that it rests on.

    Notes
    -----
    An auto-fail takes the points of all other criteria with it. That is no judgement of them, so they are answered
    again from the same findings, as if nothing were auto-fail.
    """
    answers = {answer.criterion_id: answer for answer in evaluation.answers if answer.source == "machine"}
    if any(_is_vetoed(answer) for answer in answers.values()):
        alone = evaluate(hearing, findings, _without_veto(scorecard), evaluation.lexicons)
        answers |= {a.criterion_id: a for a in alone.answers if _is_vetoed(answers.get(a.criterion_id))}
    ratings = []
    for scale in scales:
        answer = answers.get(scale.criterion)
        if answer is not None and (choice := choice_of(answer, scale)) is not None:
            heard_at = min((findings[n].span.start for n in answer.findings), default=None)
            ratings.append(Rating(evaluation.call_id, scale.criterion, MACHINE, choice, heard_at))
    return tuple(ratings)


def _is_vetoed(answer: Answer | None) -> bool:
    return answer is not None and any(reason.startswith(VETO) for reason in answer.reasons)


def _without_veto(scorecard: Scorecard) -> Scorecard:
    fields = {name: getattr(scorecard, name) for name in Scorecard.model_fields}
    criteria = tuple(criterion.model_copy(update={"auto_fail": False}) for criterion in scorecard.criteria)
    return Scorecard.model_validate(fields | {"criteria": criteria})


MOST_CALLS, MOST_REVIEWERS, LONGEST_NAME = 200, 20, 60
"""The most that one calibration can hold: nobody scores more than that blind."""


def check_deal(name: str, scales: Sequence[Scale], call_ids: Sequence[str], reviewers: Sequence[str]) -> None:
    """Refuse what cannot be dealt.

    Raises
    ------
    CalibrationError
        In Chinese, if there is no name, nothing is asked, or there are too few or too many calls or reviewers.

    Examples
    --------
    >>> scale = Scale("KF01-4", "禁用语", ("符合", "不符合"))
    >>> check_deal("四月", [scale], ["C1"], ["wang", "li"])
    """
    if not name.strip() or len(name) > LONGEST_NAME:
        raise CalibrationError(f"请给这次校准起个名字，不超过 {LONGEST_NAME} 字")
    if not scales:
        raise CalibrationError("请至少选一个评分项")
    if not 1 <= len(call_ids) <= MOST_CALLS:
        raise CalibrationError(f"一次校准要有 1 至 {MOST_CALLS} 通通话，现在是 {len(call_ids)} 通")
    if not 2 <= len(reviewers) <= MOST_REVIEWERS:
        raise CalibrationError(f"一次校准要有 2 至 {MOST_REVIEWERS} 位评分人，现在是 {len(reviewers)} 位")


def draw_calls(call_ids: Iterable[str], num_calls: int, seed: int) -> tuple[str, ...]:
    """The calls drawn at random, each as likely; all of them where there are fewer.

    Examples
    --------
    >>> draw_calls(["C3", "C1", "C2"], 2, seed=1) == draw_calls(["C2", "C3", "C1"], 2, seed=1)
    True
    """
    among = sorted(set(call_ids))
    return tuple(Random(seed).sample(among, min(num_calls, len(among))))
