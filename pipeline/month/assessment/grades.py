"""The grade of a score, or why it has none: people's pay hangs on it, so doubt goes to a person.

Score, share and the ends of the interval meet a line as they are shown: `rounded`, and not as binary fractions.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.month.assessment.interval import crosses
from pipeline.scorecard import Scorecard
from pipeline.tally import rounded, shown

CROSSES = "跨过"
"""The word in the sentence of an interval that a line divides: the grade hangs on what is in doubt."""


@dataclass(frozen=True, slots=True)
class GradeBasis:
    """A score with all that decides whether it has a grade.

    Parameters
    ----------
    score : float | None
        0..100; None where nothing could be scored.
    low, high : float | None
        The ends of the score's interval, 0..100; None where nothing could be scored.
    scored_share : float | None
        How much of the points that applied was scored at all, 0..1.
    vetoed : bool
        Whether an auto-fail criterion was not met; the failing grade then, whatever the lines.
    waits_for : str
        What a person still has to give, in Chinese.
    few : int | None
        The number of calls, where they are so few that chance widens the interval.
    """

    score: float | None
    low: float | None
    high: float | None
    scored_share: float | None
    vetoed: bool = False
    waits_for: str = ""
    few: int | None = None


def grade_of(scorecard: Scorecard, basis: GradeBasis) -> tuple[str | None, str]:  # noqa: PLR0911  a sentence each
    """The name of the grade, and in Chinese why there is none; both empty for a scorecard without grades.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("jiazheng")  # 优秀 from 90 points on
    >>> grade_of(card, GradeBasis(96.0, 95.5, 97.0, scored_share=1.0))
    ('优秀', '')
    >>> grade_of(card, GradeBasis(90.0, 88.0, 92.0, scored_share=1.0))
    (None, '得分区间 88–92 跨过 90 分线，须人工复核后定级')
    """
    score, low, high = basis.score, basis.low, basis.high
    if not scorecard.grades:
        return None, ""
    if score is None or low is None or high is None:
        return None, "没有可计分的项目，不定级"
    if basis.scored_share is not None and rounded(100 * basis.scored_share) < rounded(100 * scorecard.least_scored):
        least = f"{shown(100 * scorecard.least_scored)}%"
        return None, f"只有 {shown(100 * basis.scored_share)}% 的分值得到评分，不足 {least}，不定级"
    if basis.waits_for:
        return None, f"{basis.waits_for}待人工评定，不定级"
    lines = [grade.least for grade in scorecard.grades if grade.least is not None]
    if (line := crosses(low, high, lines)) is not None:
        few = "" if basis.few is None else f"只有 {basis.few} 通，"
        return None, f"{few}得分区间 {shown(low)}–{shown(high)} {CROSSES} {shown(line)} 分线，须人工复核后定级"
    worst = next((grade for grade in reversed(scorecard.grades) if grade.failing), None)
    grade = worst if basis.vetoed and worst else scorecard.grade(score)
    if grade is None:
        return None, "低于已给出的分数线，其余等级的分数线尚未填写"
    return grade.name, ""
