"""The policy in force, loaded and checked: a scorecard, lexicons, rulebooks, the wording that tells roles.

Knows what is registered in a store as far as it changes what counts; `flows.learning.registry` loads it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from flows.policy.library import library_of, scorecard_of, titles_in_force
from flows.settings import Settings
from pipeline.evaluation.fingerprint import PolicyVersion, judged_as
from pipeline.findings.detectors import detectors_by
from pipeline.findings.rulebook import Rulebook
from pipeline.findings.thresholds import AS_SHIPPED, Thresholds
from pipeline.hearing import VERSION
from pipeline.hearing.signs import bundled_weights
from pipeline.lexicon import Lexicon, digest_of
from pipeline.scorecard import Scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.scorecard.lint import lint, refuse
from pipeline.store import Store
from pipeline.validation.learning.opinions import Opinion, StagedJudge
from pipeline.validation.learning.registry import Stage, Term

if TYPE_CHECKING:
    from models.classifiers import StagedClassifier  # a heavy room, which the month need not enter

OWN = "+"
"""Between the hash of what every call is searched for and that of a scorecard's own conditions."""


@dataclass(frozen=True)
class Policy:
    """The policy in force: a scorecard, lexicons, rulebooks, the wording that tells roles, what is registered.

    All lexicons and rulebooks are searched, whichever the scorecard names: findings are facts, so that another
    scorecard can be tried on them without listening again. Conditions that a scorecard writes itself (`own`) are
    searched for it alone. `judges` are those of this standard, `live_judges` the versions of all that are live,
    `opinions` what judges said, by key; None where no judge is registered. `suspects` is the version of the bundled
    classifier; empty where nothing is suspected.
    """

    scorecard: Scorecard
    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon
    shared: tuple[Rulebook, ...] = ()
    own: Rulebook | None = None
    classifiers: tuple[StagedClassifier, ...] = ()
    demoted: frozenset[Term] = frozenset()
    thresholds: Thresholds = AS_SHIPPED
    judges: tuple[StagedJudge, ...] = ()
    live_judges: tuple[str, ...] = ()
    opinions: Callable[[Iterable[str]], Mapping[str, Opinion]] | None = None
    suspects: str = ""

    @cached_property
    def rulebooks(self) -> tuple[Rulebook, ...]:
        """Those of every scorecard, and the conditions of this one, which may stand on what the others found."""
        return (*self.shared, self.own) if self.own else self.shared

    @cached_property
    def digest(self) -> str:
        """The hash of all that is searched, and that of the scorecard's own conditions: findings depend on both."""
        live = (each.classifier.version for each in self.classifiers if each.stage is Stage.LIVE)
        return _digest(self, (*live, *self.live_judges), self.demoted)

    @cached_property
    def version(self) -> PolicyVersion:
        """Everything of policy that shapes a result: the second half of a fingerprint."""
        roles = (self.role_wording.version, bundled_weights().version)
        return PolicyVersion(judged_as(self.scorecard), self.digest, roles=roles, hearing=VERSION)


def policy_of(scorecard: str, settings: Settings) -> Policy:
    """The policy in force with a scorecard.

    Raises
    ------
    PolicyError
        If the scorecard or a lexicon is wrong or missing, or a rule asks for a term that no lexicon has.

    Examples
    --------
    >>> policy = policy_of("kf01", Settings())
    >>> policy.scorecard.name, policy.own
    ('kf01', None)
    """
    return policy_for(scorecard_of(scorecard, settings), settings)


def policy_for(card: Scorecard, settings: Settings) -> Policy:
    """The policy in force with a scorecard that is at hand; raises what `policy_of` raises.

    Examples
    --------
    >>> policy_for(scorecard_of("kf01", Settings()), Settings()).scorecard.name
    'kf01'
    """
    # A typing error in a phrase would cost every agent points; what else is doubtful is the month's to refuse.
    refuse(card, [notice for notice in lint(card, lists=library_of(settings).files) if notice.code == "phrases"])
    return _policy(card.with_titles(titles_in_force(settings)), settings)


def search_digest(card: Scorecard, settings: Settings, store: Store | None = None) -> str:
    """The digest of what would be searched for a scorecard today, as `Policy.digest` has it.

    Parameters
    ----------
    store : Store | None
        Where classifiers are registered and terms demoted; None for none of either.

    Examples
    --------
    >>> policy = policy_of("kf01", Settings())
    >>> search_digest(policy.scorecard, Settings()) == policy.digest
    True
    """
    live = (each.version for each in store.classifiers.versions({Stage.LIVE})) if store else ()
    return _digest(_policy(card, settings), live, store.demotions.terms() if store else frozenset())


def _digest(policy: Policy, live: Iterable[str], demoted: Set[Term]) -> str:
    books = (book.version for book in policy.shared)
    registered = (*sorted(live), *sorted("/".join(term) for term in demoted), policy.suspects)
    measures = (f"{each.name}-{each.version}" for each in detectors_by(policy.thresholds))
    searched = "|".join((digest_of(policy.lexicons), *measures, *books, *registered))
    shared = hashlib.sha256(searched.encode()).hexdigest()[:12]
    return f"{shared}{OWN}{policy.own.digest}" if policy.own else shared


def covers(searched: str, wanted: str) -> bool:
    """Whether a search found all that another one would, both by their digests.

    Findings by other lexicons, or without the conditions of a scorecard's own, are not to be judged by it; the
    conditions of another scorecard do no harm.

    Examples
    --------
    >>> covers("f00d+1234", "f00d"), covers("f00d", "f00d+1234")
    (True, False)
    """
    shared, _, own = searched.partition(OWN)
    shared_wanted, _, own_wanted = wanted.partition(OWN)
    return shared == shared_wanted and own_wanted in ("", own)


def _policy(card: Scorecard, settings: Settings) -> Policy:
    library = library_of(settings)
    own = conditions_of(card, settings.slots)
    lexicons, wording, books = library.lexicons, library.role_wording, library.rulebooks
    suspects = bundled_version() if settings.suspicions else ""
    return Policy(card, lexicons, wording, books, own, thresholds=library.thresholds, suspects=suspects)


@cache
def bundled_card() -> dict[str, Any]:
    """The card of the bundled classifier, read without the model, which is heavy."""
    card = (files("models") / "classifiers" / "bundled.json").read_text(encoding="utf-8")
    return dict(json.loads(card))


def bundled_version() -> str:
    """The version of the bundled classifier."""
    return str(bundled_card()["version"])
