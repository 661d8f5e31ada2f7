"""The policy in force, loaded and checked: a scorecard, phrase lists, rule files, the wording that tells roles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property, partial

from flows.settings import Settings
from pipeline.detectors import detect
from pipeline.detectors.asked import conditions_of
from pipeline.hearing import VERSION
from pipeline.lexicon import Lexicon, bundled_lexicons, digest_of
from pipeline.lint import lint, refuse
from pipeline.rulebook import Rulebook, bundled_rulebooks
from pipeline.scorecard import Scorecard, find_scorecard

ROLE_WORDING = "roles"
OWN = "+"
"""Between the hash of what every call is searched for and that of a scorecard's own conditions."""
JUDGES_CALLS = ("levels", "cutoffs", "quality", "review_below", "assessed", "weights", "criteria")
"""What of a scorecard shapes the evaluation of a call; grades and consequences change without judging again."""


@dataclass(frozen=True)
class Rules:
    """The policy in force: a scorecard, every phrase list and rule file, and the wording that tells roles.

    All phrase lists and rule files are searched, whichever the scorecard names: findings are facts, so that another
    standard can be tried on them without listening again. Conditions that a scorecard writes itself (`own`) are
    searched for it alone.
    """

    scorecard: Scorecard
    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon
    files: tuple[Rulebook, ...] = ()
    own: Rulebook | None = None

    @cached_property
    def rulebooks(self) -> tuple[Rulebook, ...]:
        """The rule files, and the conditions of the scorecard, which may stand on what the files found."""
        return (*self.files, self.own) if self.own else self.files

    @cached_property
    def digest(self) -> str:
        """What findings depend on: a hash of phrase lists and rule files, and one of the scorecard's conditions."""
        searched = "|".join((digest_of(self.lexicons), *(book.version for book in self.files)))
        shared = hashlib.sha256(searched.encode()).hexdigest()[:12]
        return f"{shared}{OWN}{self.own.digest}" if self.own else shared

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
    return _rules(card, settings)


def search_digest(card: Scorecard, settings: Settings) -> str:
    """What would be searched for a scorecard today, as `Rules.digest` has it."""
    return _rules(card, settings).digest


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


def searched(settings: Settings) -> tuple[tuple[Lexicon, ...], tuple[Rulebook, ...]]:
    """The phrase lists and the rule files that every call is searched for."""
    lexicons, _, books = _searched(settings)
    return lexicons, books


def _rules(card: Scorecard, settings: Settings) -> Rules:
    lexicons, role_wording, books = _searched(settings)
    return Rules(card, lexicons, role_wording, books, conditions_of(card, settings.slots))


@cache
def _searched(settings: Settings) -> tuple[tuple[Lexicon, ...], Lexicon, tuple[Rulebook, ...]]:
    """The phrase lists that are searched in every call, the wording that tells roles, and the rule files."""
    named = {lexicon.file.name: lexicon for lexicon in bundled_lexicons(settings.slots)}
    role_wording = named.pop(ROLE_WORDING)
    lexicons = tuple(named.values())
    return lexicons, role_wording, bundled_rulebooks(settings.slots, partial(detect, lexicons=lexicons))
