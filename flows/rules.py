"""The policy in force, loaded and checked: a scorecard, the phrase lists, the wording that tells roles."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from flows.settings import Settings
from pipeline.hearing import VERSION
from pipeline.lexicon import Lexicon, bundled_lexicons, digest_of
from pipeline.lint import lint, refuse
from pipeline.roles import bundled_weights
from pipeline.scorecard import Scorecard, find_scorecard

ROLE_WORDING = "roles"
JUDGES_CALLS = ("levels", "cutoffs", "quality", "review_below", "assessed", "weights", "criteria")
"""What of a scorecard shapes the evaluation of a call; grades and consequences change without judging again."""


@dataclass(frozen=True)
class Rules:
    """The policy in force: a scorecard, every phrase list, and the wording that tells roles.

    All phrase lists are searched, whichever the scorecard names: findings are facts, so that another standard can
    be tried on them without listening again.
    """

    scorecard: Scorecard
    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon

    @cached_property
    def digest(self) -> str:
        """Hash of the phrase lists that findings depend on."""
        return digest_of(self.lexicons)

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
    card = find_scorecard(scorecard)
    # A typing error in a phrase would cost every agent points; what else is doubtful is the month's to refuse.
    refuse(card, [notice for notice in lint(card) if notice.code == "phrases"])
    searched, role_wording = _phrase_lists(settings)
    return Rules(card, searched, role_wording)


def search_digest(settings: Settings) -> str:
    """Hash of the phrase lists that are searched now: findings by others are not to be judged by rules of today."""
    return digest_of(_phrase_lists(settings)[0])


def _phrase_lists(settings: Settings) -> tuple[tuple[Lexicon, ...], Lexicon]:
    """The lists that are searched in every call, and the wording that tells roles."""
    named = {lexicon.file.name: lexicon for lexicon in bundled_lexicons(settings.slots)}
    role_wording = named.pop(ROLE_WORDING)
    return tuple(named.values()), role_wording
