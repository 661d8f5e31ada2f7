"""The conditions under which a call was held and heard: its line, its transcript, queue, time of day and length.

Knows calls and how they were heard; not what they scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.call import SHANGHAI
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.month.assessment.calls import ScoredCall
from pipeline.month.fairness.dependence import Array, ranks
from pipeline.notices import Area, NoticeKind
from pipeline.policy.load import load_policy

Hour = Annotated[int, Field(ge=0, le=24)]
OF_LINE = frozenset({Area.FILE, Area.CHANNEL, Area.LEVEL})
"""Areas whose notices are about the line and the recording, and not about what was said."""


class FairnessPolicy(BaseModel):
    """How the report on fairness compares: `fairness.yaml`.

    Parameters
    ----------
    level : float
        Probability, over all comparisons together, of a warning where nothing depends.
    permutations : int
        Exchanges by chance.
    least_calls : int
        Calls that an item, an agent, a queue or a part of the day must have to be compared.
    day_parts : mapping
        Hours from and to, half-open, in Asia/Shanghai.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    revision: Annotated[int, Field(ge=1)]
    level: Annotated[float, Field(gt=0, lt=0.5)]
    permutations: Annotated[int, Field(ge=99)]
    least_calls: Annotated[int, Field(ge=2)]
    day_parts: Mapping[str, tuple[Hour, Hour]]

    @field_validator("permutations")
    @classmethod
    def _fine_enough(cls, value: int) -> int:
        if value > 99_999:
            raise ValueError("more than 99999 exchanges take hours")
        return value


@cache
def bundled_fairness() -> FairnessPolicy:
    """The policy that comes with callqa.

    Examples
    --------
    >>> bundled_fairness().least_calls
    30
    """
    return load_policy(files("pipeline.policy") / "fairness.yaml", FairnessPolicy)[0]


@dataclass(frozen=True)
class Condition:
    """One condition over all calls.

    Parameters
    ----------
    title : str
        In Chinese.
    worse, better : str
        What a low and a high value mean, in Chinese.
    of_line : bool
        Whether it is about how a call was heard, so that no points should follow it; a queue, an hour or a length
        may bring another kind of call.
    values : ndarray
        float64 (n_calls,): ranks, or 0 and 1; NaN where it is unknown.
    """

    title: str
    worse: str
    better: str
    of_line: bool
    values: Array


def conditions_of(
    calls: Sequence[ScoredCall], hearings: Mapping[str, Hearing], policy: FairnessPolicy
) -> tuple[Condition, ...]:
    """The conditions in which the calls differ; one in which all are alike, or too few differ, is left out."""
    heard = [hearings.get(scored.call.id) for scored in calls]
    found = (*_of_line(heard), *_of_circumstances(calls, policy))
    return tuple(each for each in found if _differs(each.values, policy.least_calls))


def _of_line(heard: Sequence[Hearing | None]) -> Iterator[Condition]:
    def ranked(measure: list[float | None]) -> Array:
        return ranks(np.array([np.nan if value is None else value for value in measure]))

    words = [each.quality.word_confidence if each else None for each in heard]
    yield Condition("听写把握", "听写把握低", "听写把握高", True, ranked(words))
    roles = [each.quality.role_confidence if each else None for each in heard]
    yield Condition("角色把握", "角色把握低", "角色把握高", True, ranked(roles))
    yield Condition("坐席音量", "坐席声音轻", "坐席声音响", True, ranked([_loudness(each) for each in heard]))
    yield Condition("噪声", "噪声大", "没有噪声提示", True, _flag(heard, {NoticeKind.NOISE}))
    others = {kind for kind in NoticeKind if kind.area in OF_LINE} - {NoticeKind.NOISE}
    yield Condition("线路与录音", "线路或录音有提示", "线路和录音没有提示", True, _flag(heard, others))


def _of_circumstances(calls: Sequence[ScoredCall], policy: FairnessPolicy) -> Iterator[Condition]:
    lengths = np.array([np.nan if scored.duration is None else scored.duration for scored in calls])
    yield Condition("时长", "通话短", "通话长", False, ranks(lengths))
    queues = [scored.call.queue for scored in calls]
    for queue in sorted({queue for queue in queues if queue}):
        own = np.array([float(each == queue) for each in queues])
        yield Condition("队列", "其他队列", f"队列“{queue}”", False, own)
    hours = [scored.started_at.astimezone(SHANGHAI).hour if scored.started_at else None for scored in calls]
    for name, (first, last) in policy.day_parts.items():
        own = np.array([np.nan if hour is None else float(first <= hour < last) for hour in hours])
        yield Condition("时段", "其他时段", f"{name}（{first}–{last} 时）", False, own)


def _loudness(heard: Hearing | None) -> float | None:
    levels = [] if heard is None or heard.acoustics is None else heard.acoustics.of(Role.AGENT)
    return median(stretch.level_db for stretch in levels) if levels else None


def _flag(heard: Sequence[Hearing | None], kinds: set[NoticeKind]) -> Array:
    """0 where one of these was noticed, 1 where not."""
    told = [None if each is None else {n.kind for n in (*each.notices, *each.recording.notices)} for each in heard]
    return np.array([np.nan if noticed is None else float(not noticed & kinds) for noticed in told])


def _differs(values: Array, least: int) -> bool:
    """Whether the calls differ: of two values, either has enough of them."""
    different, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    return len(different) > 2 or (len(different) == 2 and counts.min() >= least)
