"""The conditions that a scorecard writes itself, searched while the turns are there to be searched."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from pipeline.errors import PolicyError
from pipeline.findings.rulebook import CONDITION, Rulebook, RulebookFile, RuleText
from pipeline.scorecard import Scorecard


def conditions_of(card: Scorecard, slots: Mapping[str, Sequence[str]] | None = None) -> Rulebook | None:
    """The conditions of a scorecard as a rulebook; None for one without any.

    Raises
    ------
    PolicyError
        If a word of a condition is not in the notation of the lexicons.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> conditions_of(find_scorecard("kf01")) is None
    True
    """
    rules: dict[str, RuleText] = {}
    for criterion in card.criteria:
        for part in criterion.parts:
            for term, condition in part.rule.conditions() if part.rule else ():
                rules[term] = RuleText(term=term, title=f"{criterion.id} {part.title}", condition=condition)
    if not rules:
        return None
    digest = hashlib.sha256("|".join(sorted(rules)).encode()).hexdigest()[:12]
    file = RulebookFile(
        name=card.name, revision=card.revision, title=card.title, detector=CONDITION, rules=tuple(rules.values())
    )
    book = Rulebook(file, digest, slots or {})
    try:
        _ = book.vocabulary
    except ValueError as error:
        raise PolicyError(card.path or card.name, None, f"a condition listens for {error}") from None
    return book
