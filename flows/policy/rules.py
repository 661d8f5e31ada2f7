"""The policy in force, loaded and checked: a scorecard, phrase lists, rule files, the wording that tells roles.

Knows what is registered in a store as far as it changes what counts; `serving` loads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flows.policy.lists import lists_of, standard_of
from flows.settings import Settings
from pipeline.findings.rulebook import Rulebook
from pipeline.hearing import VERSION
from pipeline.hearing.roles import bundled_weights
from pipeline.lexicon import Lexicon, digest_of
from pipeline.scorecard import Scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.scorecard.lint import lint, refuse
from pipeline.store import Store
from pipeline.validation.learning.registry import Stage, Term

if TYPE_CHECKING:
    from models.classifiers import Serving  # a heavy room, which the month need not enter

OWN = "+"
"""Between the hash of what every call is searched for and that of a scorecard's own conditions."""
JUDGES_CALLS = ("levels", "cutoffs", "quality", "review_below", "assessed", "weights", "criteria")
"""What of a scorecard shapes the evaluation of a call; grades and consequences change without judging again."""


@dataclass(frozen=True)
class Rules:
    """The policy in force: a scorecard, phrase lists, rule files, the wording that tells roles, what is registered.

    All phrase lists and rule files are searched, whichever the scorecard names: findings are facts, so that another
    standard can be tried on them without listening again. Conditions that a scorecard writes itself (`own`) are
    searched for it alone.
    """

    scorecard: Scorecard
    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon
    files: tuple[Rulebook, ...] = ()
    own: Rulebook | None = None
    classifiers: tuple[Serving, ...] = ()
    demoted: frozenset[Term] = frozenset()

    @cached_property
    def rulebooks(self) -> tuple[Rulebook, ...]:
        """The rule files, and the conditions of the scorecard, which may stand on what the files found."""
        return (*self.files, self.own) if self.own else self.files

    @cached_property
    def digest(self) -> str:
        """What findings that count depend on: a hash of all that is searched, one of the scorecard's conditions."""
        live = (each.classifier.version for each in self.classifiers if each.stage is Stage.LIVE)
        return _digest(self, live, self.demoted)

    @cached_property
    def fingerprint(self) -> str:
        """Everything of policy that shapes a result."""
        of_calls = self.scorecard.model_dump_json(include=set(JUDGES_CALLS))
        content = hashlib.sha256(of_calls.encode()).hexdigest()[:12]
        card = f"{self.scorecard.name}-{self.scorecard.revision}-{content}"
        roles = (self.role_wording.version, bundled_weights().version)
        return "|".join((card, self.digest, *roles, VERSION))


def load_rules(scorecard: str, settings: Settings) -> Rules:
    """The rules that a scorecard asks for.

    Raises
    ------
    PolicyError
        If the scorecard or a lexicon is wrong or missing, or a rule asks for a term that no lexicon has.
    """
    card = standard_of(scorecard, settings)
    # A typing error in a phrase would cost every agent points; what else is doubtful is the month's to refuse.
    refuse(card, [notice for notice in lint(card, lists=lists_of(settings).files) if notice.code == "phrases"])
    return _rules(card, settings)


def search_digest(card: Scorecard, settings: Settings, store: Store | None = None) -> str:
    """What would be searched for a scorecard today, as `Rules.digest` has it.

    Parameters
    ----------
    store : Store | None
        Where classifiers are registered and terms demoted; None for none of either.
    """
    live = (each.version for each in store.classifiers({Stage.LIVE})) if store else ()
    return _digest(_rules(card, settings), live, store.demoted() if store else frozenset())


def _digest(rules: Rules, live: Iterable[str], demoted: Set[Term]) -> str:
    books = (book.version for book in rules.files)
    governed = (*sorted(live), *sorted("/".join(term) for term in demoted))
    searched = "|".join((digest_of(rules.lexicons), *books, *governed))
    shared = hashlib.sha256(searched.encode()).hexdigest()[:12]
    return f"{shared}{OWN}{rules.own.digest}" if rules.own else shared


def covers(searched: str, wanted: str) -> bool:
    """Whether a search, by its digest, found all that another one would.

    Findings by other phrase lists, or without the conditions of a scorecard's own, are not to be judged by it; the
    conditions of another scorecard do no harm.

    Examples
    --------
    >>> covers("f00d+1234", "f00d"), covers("f00d", "f00d+1234")
    (True, False)
    """
    shared, _, own = searched.partition(OWN)
    shared_wanted, _, own_wanted = wanted.partition(OWN)
    return shared == shared_wanted and own_wanted in ("", own)


def _rules(card: Scorecard, settings: Settings) -> Rules:
    lists = lists_of(settings)
    own = conditions_of(card, settings.slots)
    return Rules(card, lists.lexicons, lists.role_wording, lists.rulebooks, own)
