"""The policy in force, loaded and checked: a scorecard, the phrase lists, the wording that tells roles.

Knows what is registered in a store as far as it changes what counts; `serving` loads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flows.settings import Settings
from pipeline.hearing import VERSION
from pipeline.lexicon import Lexicon, bundled_lexicons, digest_of
from pipeline.lint import lint, refuse
from pipeline.registry import Stage, Term
from pipeline.scorecard import Scorecard, find_scorecard
from pipeline.store import Store

if TYPE_CHECKING:
    from models.classifiers import Serving  # a heavy room, which the month need not enter

ROLE_WORDING = "roles"
JUDGES_CALLS = ("levels", "cutoffs", "quality", "review_below", "assessed", "weights", "criteria")
"""What of a scorecard shapes the evaluation of a call; grades and consequences change without judging again."""


@dataclass(frozen=True)
class Rules:
    """The policy in force: a scorecard, every phrase list, the wording that tells roles, and what is registered.

    All phrase lists are searched, whichever the scorecard names: findings are facts, so that another standard can
    be tried on them without listening again.
    """

    scorecard: Scorecard
    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon
    classifiers: tuple[Serving, ...] = ()
    demoted: frozenset[Term] = frozenset()

    @cached_property
    def digest(self) -> str:
        """Hash of the phrase lists, live classifiers and demotions that the findings which count depend on."""
        live = (each.classifier.version for each in self.classifiers if each.stage == Stage.LIVE)
        return _digest(self.lexicons, live, self.demoted)

    @cached_property
    def fingerprint(self) -> str:
        """Everything of policy that shapes a result."""
        of_calls = self.scorecard.model_dump_json(include=set(JUDGES_CALLS))
        content = hashlib.sha256(of_calls.encode()).hexdigest()[:12]
        card = f"{self.scorecard.name}-{self.scorecard.revision}-{content}"
        return "|".join((card, self.digest, self.role_wording.version, VERSION))


def load_rules(scorecard: str, settings: Settings) -> Rules:
    """The rules that a scorecard asks for.

    Raises
    ------
    PolicyError
        If the scorecard or a lexicon is wrong or missing, or a rule asks for a term that no lexicon has.
    """
    card = find_scorecard(scorecard)
    # A typing error in a phrase would cost every agent points; what else is doubtful is the month's to refuse.
    refuse(card, [notice for notice in lint(card) if notice.code == "phrases"])
    searched, role_wording = _phrase_lists(settings)
    return Rules(card, searched, role_wording)


def search_digest(settings: Settings, store: Store | None = None) -> str:
    """Hash of what is searched for now: findings by other phrase lists are not to be judged by rules of today.

    Parameters
    ----------
    store : Store | None
        Where classifiers are registered and terms demoted; None for none of either.
    """
    lexicons = _phrase_lists(settings)[0]
    if store is None:
        return digest_of(lexicons)
    return _digest(lexicons, (each.version for each in store.classifiers({Stage.LIVE})), store.demoted())


def _digest(lexicons: tuple[Lexicon, ...], live: Iterable[str], demoted: Set[Term]) -> str:
    governed_by = [*sorted(live), *sorted("/".join(term) for term in demoted)]
    if not governed_by:
        return digest_of(lexicons)
    return hashlib.sha256("|".join((digest_of(lexicons), *governed_by)).encode()).hexdigest()[:12]


def _phrase_lists(settings: Settings) -> tuple[tuple[Lexicon, ...], Lexicon]:
    """The lists that are searched in every call, and the wording that tells roles."""
    named = {lexicon.file.name: lexicon for lexicon in bundled_lexicons(settings.slots)}
    role_wording = named.pop(ROLE_WORDING)
    return tuple(named.values()), role_wording
