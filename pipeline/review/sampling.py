"""Sampling plans: which calls a person hears because somebody decided so in advance, and not because of suspicion.

Knows how a draw is made so that anybody can make it again: it depends on the plan's seed and the call's id, and on
nothing that happened before. Not where plans are kept (`store.queue.plans`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from pipeline.findings.titles import shipped_titles
from pipeline.review.urgency import Code, Reason, Urgency, lot
from pipeline.timeline import Seconds
from pipeline.titles import Titles

LONGEST = 200
"""Characters of a text in a plan."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call as a plan looks at it.

    Parameters
    ----------
    not_met : frozenset of str
        The criteria that it met not at all or only partly.
    found : frozenset of pairs
        Detector and term of its findings, at least of those that the plan asks for.
    """

    call_id: str
    agent_id: str | None
    team: str | None
    queue: str | None
    month: str | None
    day: date | None
    duration: Seconds | None
    score: float | None
    not_met: frozenset[str] = frozenset()
    found: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """The calls from which a plan draws; a field that is None does not matter, so an empty rule is for all calls.

    Parameters
    ----------
    score_below : float | None
        Percent, 0..100.
    criterion_id : str | None
        A criterion that was not met, or only partly.
    detector, term : str | None
        Something that was found; any term where only the detector is given.
    least_duration, most_duration : float | None
        Of the recording, in seconds.

    Raises
    ------
    ValueError
        With the sentence in Chinese, if it cannot be true of any call.
    """

    score_below: float | None = None
    criterion_id: str | None = None
    detector: str | None = None
    term: str | None = None
    queue: str | None = None
    least_duration: Seconds | None = None
    most_duration: Seconds | None = None
    agent_id: str | None = None
    team: str | None = None

    def __post_init__(self) -> None:
        if self.score_below is not None and not 0 < self.score_below <= 100:
            raise ValueError("得分线须大于 0，不超过 100")
        if self.term is not None and self.detector is None:
            raise ValueError("填了词条，还须选择它属于哪一类命中")
        for length in (self.least_duration, self.most_duration):
            if length is not None and not 0 <= length <= 86_400:
                raise ValueError("通话时长须在 0 到 86400 秒之间")
        if None not in (self.least_duration, self.most_duration) and self.least_duration > self.most_duration:  # type: ignore[operator]
            raise ValueError("最短时长不能大于最长时长")
        texts = (self.criterion_id, self.detector, self.term, self.queue, self.agent_id, self.team)
        if any(text is not None and (not text.strip() or len(text) > LONGEST) for text in texts):
            raise ValueError(f"文字条件不能为空，也不能超过 {LONGEST} 字")

    def holds(self, call: Candidate) -> bool:
        """Whether the plan draws from calls like this.

        Examples
        --------
        >>> found = frozenset({("complaint", "complaint")})
        >>> call = Candidate("C1", "1001", "一组", None, "2025-03", None, duration=65.0, score=58.0, found=found)
        >>> [rule.holds(call) for rule in (Rule(score_below=60), Rule(detector="complaint"), Rule(queue="热线"))]
        [True, True, False]
        """
        pairs = {pair for pair in call.found if pair[0] == self.detector and self.term in (None, pair[1])}
        return all(
            (
                self.score_below is None or (call.score is not None and call.score < self.score_below),
                self.criterion_id is None or self.criterion_id in call.not_met,
                self.detector is None or bool(pairs),
                self.queue is None or call.queue == self.queue,
                self.least_duration is None or (call.duration or 0.0) >= self.least_duration,
                self.most_duration is None or (call.duration is not None and call.duration <= self.most_duration),
                self.agent_id is None or call.agent_id == self.agent_id,
                self.team is None or call.team == self.team,
            )
        )

    @property
    def sentence(self) -> str:
        """The calls in Chinese, with the titles that come with callqa.

        Examples
        --------
        >>> Rule(score_below=60, team="一组").sentence, Rule().sentence
        ('一组、得分低于 60 的通话', '全部通话')
        >>> Rule(detector="plan", term="with_time").sentence
        '命中方案与时限（模型）“有时限的方案” 的通话'
        """
        return self.describe(shipped_titles())

    def describe(self, titles: Titles) -> str:
        """The calls in Chinese.

        Examples
        --------
        >>> from pipeline.titles import Declaration
        >>> Rule(detector="green").describe(Titles((Declaration("green", "环保提示"),)))
        '命中环保提示 的通话'
        """
        found = None
        if self.detector is not None:
            term = "" if self.term is None else f"“{titles.term(self.detector, self.term)}”"
            found = f"命中{titles.detector(self.detector)}{term}"
        parts = [
            self.team,
            self.agent_id and f"坐席 {self.agent_id}",
            self.queue and f"队列“{self.queue}”",
            None if self.score_below is None else f"得分低于 {self.score_below:g}",
            self.criterion_id and f"{self.criterion_id} 未完全符合",
            found,
            None if self.least_duration is None else f"不短于 {self.least_duration:g} 秒",
            None if self.most_duration is None else f"不长于 {self.most_duration:g} 秒",
        ]
        named = "、".join(part for part in parts if part)
        return f"{named} 的通话" if named else "全部通话"


@dataclass(frozen=True, slots=True)
class SamplingPlan:
    """A standing order to hear some calls, applied to the calls of each night as they come.

    Parameters
    ----------
    percent : float | None
        Of the calls for which the rule holds, each by its own lot.
    per_agent : int | None
        So many of each agent and month, those of the lowest lots. Just one of `percent` and `per_agent` is given.
    seed : str
        Another seed gives another draw.
    first_day, last_day : date | None
        Only calls of these days, in Asia/Shanghai, both inclusive.
    stopped_at : datetime | None
        Since when it draws no more; what it drew stays.
    id, made_by, made_at, stopped_by
        Given by the store.

    Raises
    ------
    ValueError
        With the sentence in Chinese, if it says nothing that can be carried out.
    """

    name: str
    seed: str
    percent: float | None = None
    per_agent: int | None = None
    rule: Rule = Rule()
    first_day: date | None = None
    last_day: date | None = None
    id: int = 0
    made_by: str = ""
    made_at: datetime | None = None
    stopped_by: str | None = None
    stopped_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > LONGEST:
            raise ValueError(f"请给抽样计划起个名字，不超过 {LONGEST} 字")
        if not self.seed.strip() or len(self.seed) > LONGEST:
            raise ValueError(f"抽签种子不能为空，也不能超过 {LONGEST} 字")
        if (self.percent is None) is (self.per_agent is None):
            raise ValueError("按比例和按每人每月通数，请选其中一种")
        if self.percent is not None and not 0 < self.percent <= 100:
            raise ValueError("比例须大于 0，不超过 100")
        if self.per_agent is not None and not 1 <= self.per_agent <= 1000:
            raise ValueError("每人每月通数须在 1 到 1000 之间")
        if self.first_day and self.last_day and self.first_day > self.last_day:
            raise ValueError("开始日期不能晚于结束日期")

    @property
    def by_rule_alone(self) -> bool:
        """Whether it takes every call for which the rule holds, so that being drawn says something of the call.

        Examples
        --------
        >>> low = SamplingPlan("低分", "s", percent=100, rule=Rule(score_below=60))
        >>> low.by_rule_alone, SamplingPlan("全部", "s", percent=100).by_rule_alone
        (True, False)
        """
        return self.percent == 100 and self.rule != Rule()

    def asks_of(self, call: Candidate) -> bool:
        """Whether it draws from calls like this.

        Examples
        --------
        >>> call = Candidate("C1", "1001", None, None, "2025-03", date(2025, 3, 3), 65.0, 58.0)
        >>> SamplingPlan("三月起", "s", percent=10, first_day=date(2025, 3, 4)).asks_of(call)
        False
        """
        if (self.first_day or self.last_day) and call.day is None:
            return False
        if self.first_day and call.day and call.day < self.first_day:
            return False
        if self.last_day and call.day and call.day > self.last_day:
            return False
        return self.rule.holds(call)

    def lot(self, call_id: str) -> float:
        """The call's number in this draw, in [0, 1).

        Examples
        --------
        >>> plan = SamplingPlan("一成", "s", percent=10)
        >>> 0 <= plan.lot("C1") < 1, plan.lot("C1") == plan.lot("C1")
        (True, True)
        """
        return lot(self.seed, call_id)

    @property
    def sentence(self) -> str:
        """What it draws, in Chinese, with the titles that come with callqa.

        Examples
        --------
        >>> SamplingPlan("每日一成", "s", percent=10).sentence
        '全部通话中抽 10%'
        >>> SamplingPlan("低分必听", "s", percent=100, rule=Rule(score_below=60)).sentence
        '得分低于 60 的通话，全部'
        >>> SamplingPlan("每人两通", "s", per_agent=2).sentence
        '全部通话中每人每月抽 2 通'
        """
        return self.describe(shipped_titles())

    def describe(self, titles: Titles) -> str:
        """What it draws, in Chinese.

        Examples
        --------
        >>> SamplingPlan("每人两通", "s", per_agent=2).describe(Titles())
        '全部通话中每人每月抽 2 通'
        """
        calls = self.rule.describe(titles)
        if self.percent == 100:
            return f"{calls}，全部"
        drawn = f"抽 {self.percent:g}%" if self.percent is not None else f"每人每月抽 {self.per_agent} 通"
        return f"{calls}中{drawn}"

    def reason(self, urgency: Urgency) -> Reason:
        """Why a call that it drew is in the queue.

        Examples
        --------
        >>> from pipeline.review.urgency import bundled_urgency
        >>> SamplingPlan("一成", "s", percent=10).reason(bundled_urgency()).code.title
        '抽样计划'
        """
        code = Code.RULE if self.by_rule_alone else Code.SAMPLED
        return Reason(code, f"抽样计划“{self.name}”：{self.sentence}", urgency.weights[code])


def draw_calls(plan: SamplingPlan, calls: Iterable[Candidate]) -> tuple[str, ...]:
    """The ids of the calls that the plan draws, in the order of their lots.

    Parameters
    ----------
    calls : iterable of Candidate
        For a plan by agent, all calls of each agent and month; else any.

    Note
    ----
    A call that comes later never changes whether another is drawn by percent. By agent and month it may take the
    place of one with a higher lot.

    Examples
    --------
    >>> calls = [Candidate(f"C{n}", str(n // 5), None, None, "2025-03", None, None, None) for n in range(9)]
    >>> plan = SamplingPlan("每人两通", "s", per_agent=2)
    >>> len(draw_calls(plan, calls)), draw_calls(plan, calls) == draw_calls(plan, reversed(calls))
    (4, True)
    """
    asked = sorted(
        ((plan.lot(call.call_id), call.call_id, call) for call in calls if plan.asks_of(call)),
        key=lambda row: row[:2],
    )
    if plan.percent is not None:
        return tuple(call_id for own, call_id, _ in asked if own < plan.percent / 100)
    taken = defaultdict[tuple[str | None, str | None], int](int)
    chosen: list[str] = []
    for _, call_id, call in asked:
        taken[call.agent_id, call.month] += 1
        if taken[call.agent_id, call.month] <= (plan.per_agent or 0):
            chosen.append(call_id)
    return tuple(chosen)
