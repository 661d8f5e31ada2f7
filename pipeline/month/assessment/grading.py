"""The grade of a score, or why it has none: people's pay hangs on it, so doubt goes to a person."""

from __future__ import annotations

from pipeline.month.assessment.interval import crosses
from pipeline.scorecard import Scorecard, shown
from pipeline.scorecard.scoring import DIGITS

CROSSES = "跨过"
"""What the sentence of an interval that a line divides says, and no other: the grade hangs on what is in doubt."""


def grade_of(  # noqa: PLR0911  one sentence for each reason
    scorecard: Scorecard,
    score: float | None,
    low: float | None,
    high: float | None,
    scored_share: float | None,
    *,
    vetoed: bool = False,
    waits_for: str = "",
) -> tuple[str | None, str]:
    """The name of the grade, and in Chinese why there is none; both empty for a standard without grades.

    Parameters
    ----------
    low, high : float | None
        The ends of the score's interval; None where nothing could be scored.
    scored_share : float | None
        How much of the points that applied was scored at all, 0..1.
    vetoed : bool
        Whether an auto-fail item was not met; the failing grade then, whatever the lines.
    waits_for : str
        What a person still has to give, in Chinese.
    """
    if not scorecard.grades:
        return None, ""
    if score is None or low is None or high is None:
        return None, "没有可计分的项目，不定级"
    if scored_share is not None and round(scored_share, DIGITS) < scorecard.least_scored:
        least = f"{shown(100 * scorecard.least_scored)}%"
        return None, f"只有 {shown(100 * scored_share)}% 的分值得到评分，不足 {least}，不定级"
    if waits_for:
        return None, f"{waits_for}待人工评定，不定级"
    lines = [grade.least for grade in scorecard.grades if grade.least is not None]
    if (line := crosses(low, high, lines)) is not None:
        return None, f"得分区间 {shown(low)}–{shown(high)} {CROSSES} {shown(line)} 分线，须人工复核后定级"
    worst = next((grade for grade in reversed(scorecard.grades) if grade.failing), None)
    grade = worst if vetoed and worst else scorecard.grade(score)
    if grade is None:
        return None, "低于已给出的分数线，其余等级的分数线尚未填写"
    return grade.name, ""
