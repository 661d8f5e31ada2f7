"""The effect of a draft in Chinese rows that are kept with it: hits of a lexicon, months under a scorecard.

Knows how a comparison is told; it is made in `whatif` and `rulebooks`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flows.policy.trial import Candidate
from pipeline.findings import Finding
from pipeline.month.assessment.comparison import Difference
from pipeline.scorecard import Scorecard, shown
from pipeline.scorecard.drafts import Draft, Hit, Report
from pipeline.timeline import place

MOST_ROWS = 300
"""Rows of a report that are kept."""


def hit_of(file: Candidate, finding: Finding) -> Hit:
    """A finding of a file on trial as a page shows it."""
    value = "" if finding.value is None else str(finding.value)
    title = file.titles.get(finding.term, finding.term)
    at, confidence = finding.span.start, finding.confidence
    return Hit(finding.call_id, at, str(finding.role), finding.quote, finding.term, title, value, confidence)


def hits_report(
    month: str,
    file: Candidate,
    before: Mapping[str, tuple[Finding, ...]],
    after: Mapping[str, tuple[Finding, ...]],
) -> Report:
    """The report of a lexicon or rulebook: hits gained and lost; the same term and stretch is the same hit.

    Examples
    --------
    >>> file = Candidate("ours", {}, 0, lambda hearing: ())
    >>> hits_report("2026-10", file, {}, {"C1": ()}).figures
    (('通话', '1'), ('新增命中', '0'), ('消失命中', '0'), ('不变', '0'))
    """
    rows: list[tuple[str, ...]] = []
    links: list[str] = []
    gained = lost = kept = 0
    for call_id, now in after.items():
        was = {(f.term, f.span): f for f in before.get(call_id, ())}
        becomes = {(f.term, f.span): f for f in now}
        kept += len(was.keys() & becomes.keys())
        for sign, one, other in (("新增", becomes, was), ("消失", was, becomes)):
            for key in sorted(one.keys() - other.keys(), key=lambda key: key[1]):
                finding = one[key]
                gained, lost = (gained + 1, lost) if sign == "新增" else (gained, lost + 1)
                title = file.titles.get(finding.term, finding.term)
                rows.append((sign, call_id, place(finding.span.start), title, finding.quote or "（整通）"))
                links.append(f"{call_id}@{finding.span.start:.1f}")
    figures = (("通话", str(len(after))), ("新增命中", str(gained)), ("消失命中", str(lost)), ("不变", str(kept)))
    heads = ("变化", "通话", "时间", "词条", "听到")
    what = f"{month} 抽样 {len(after)} 通：草案与现行文件各命中什么"
    return Report(what, figures, heads, tuple(rows[:MOST_ROWS]), tuple(links[:MOST_ROWS]), _more(rows))


def what_if_report(month: str, against: Scorecard, draft: Draft, found: Sequence[Difference]) -> Report:
    """The report of a scorecard: agents whose month changes under a draft, and how many of all."""
    counts: tuple[tuple[str, Callable[[Difference], bool]], ...] = (
        ("得分有变", lambda d: d.score_changed),
        ("等级有变", lambda d: d.grade_changed),
        ("奖金有变", lambda d: d.bonus_changed),
        ("奖惩有变", lambda d: bool(d.lost or d.gained)),
    )
    changed = [each for each in found if each.changed]
    rows = [
        (
            f"{d.after.agent_id or '未分配'} {d.after.agent_name or ''}".strip(),
            _score(d.before.score),
            _score(d.after.score),
            d.before.grade or d.before.undecided or "—",
            d.after.grade or d.after.undecided or "—",
            " → ".join(pay or "—" for pay in d.pays) if d.bonus_changed else "",
            "；".join((*(f"不再{title}" for title in d.lost), *(f"新增{title}" for title in d.gained))),
        )
        for d in changed
    ]
    figures = (("坐席", str(len(found))), *((name, str(sum(map(test, found)))) for name, test in counts))
    heads = ("坐席", "现行得分", "草案得分", "现行等级", "草案等级", "奖金", "奖惩")
    what = f"{month}：现行 {against.name} 第{against.revision}版 与草案 {draft.name} 相比"
    return Report(what, figures, heads, tuple(rows[:MOST_ROWS]), (), _more(rows))


def _score(score: float | None) -> str:
    return "—" if score is None else shown(score)


def _more(rows: Sequence[object]) -> int:
    return max(0, len(rows) - MOST_ROWS)
