"""What each tier found in a month, counted: suspicions by what people made of them.

Knows which findings belong to which tier; not how a month is read (`store`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pipeline.findings import Finding
from pipeline.findings.finding import FLAG, JUDGE, JUDGED
from pipeline.findings.suspicion import filed_under, suspicions
from pipeline.month.tiers import TierRow
from pipeline.review.answers import PersonAnswer
from pipeline.review.suspected import suspected
from pipeline.scorecard import Scorecard
from pipeline.titles import Titles

JUDGES = frozenset({JUDGE, JUDGED})
"""The detectors of what a language model says of an item: as a suggestion, and where it counts."""

Key = tuple[str | None, str, str]
"""An agent, a detector and a term."""


def counted_detectors() -> frozenset[str]:
    """The detectors whose findings are counted by tier: what may be suspected, flags, and judges.

    Examples
    --------
    >>> {"banned_wording", "complaint", "flag", "judged"} <= counted_detectors(), "hold" in counted_detectors()
    (True, False)
    """
    return frozenset({each.detector for each in suspicions().values()} | JUDGES | {FLAG})


def tier_rows(
    found: Mapping[Key, int],
    flagged: Iterable[tuple[str | None, Sequence[Finding], Sequence[PersonAnswer]]],
    titles: Titles,
    card: Scorecard | None = None,
) -> tuple[TierRow, ...]:
    """The rows of a month by agent, in the order of agents and titles.

    Parameters
    ----------
    found : mapping of Key to int
        How many findings a list, a rule or a live classifier made, and in how many calls a language model judged.
    flagged : iterable of (agent, findings, acts)
        Each call in which something is suspected, with its flags and what counts of what people said of it.
    titles, card : Titles, Scorecard | None
        How things are called: terms, and the items that were judged.
    """
    standing = Counter(
        (agent, *meant, str(each.standing))
        for agent, findings, acts in flagged
        for each in suspected(findings, acts)
        if (meant := filed_under(each.finding))
    )
    keys = {*found, *((agent, detector, term) for agent, detector, term, _ in standing)}
    rows = []
    for agent, detector, term in keys:
        count = found.get((agent, detector, term), 0)
        judged = detector in JUDGES
        rows.append(
            TierRow(
                agent,
                detector,
                term,
                _title(detector, term, titles, card),
                named=0 if judged else count,
                open=standing[agent, detector, term, "open"],
                affirmed=standing[agent, detector, term, "affirmed"],
                rejected=standing[agent, detector, term, "rejected"],
                judged=count if judged else 0,
            )
        )
    return tuple(sorted(rows, key=lambda row: (row.agent_id is None, row.agent_id or "", row.detector, row.title)))


def _title(detector: str, term: str, titles: Titles, card: Scorecard | None) -> str:
    if detector not in JUDGES:
        of, own = titles.detector(detector), titles.term(detector, term)
        return own if of == own else f"{of}：{own}"
    asked = card.call_criterion(term) if card else None
    return asked.title(term) if asked else term
