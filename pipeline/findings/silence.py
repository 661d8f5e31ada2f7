"""What was not heard: how likely it was not said either, and where nobody can tell.

Knows the quality of a hearing; not what is asked of a call.
"""

from __future__ import annotations

from pipeline.hearing import Quality

USUALLY_SAID, RARELY_SAID = 0.5, 0.02
"""How often a required phrase, and a banned one, is said at all: what silence is weighed against."""

UNCLEAR = "unclear"
"""The detector of phrases that may have been said where the transcript is too poor to tell."""
ANYTHING = "*"
"""The term of an unclear stretch in which anything may have been said."""


def silent(quality: Quality, said: float) -> float:
    """Probability that what was not heard was not said either, by Bayes' rule.

    Parameters
    ----------
    said : float
        How often it is said at all, 0..1.
    """
    missed = 1.0 - quality.word_confidence * quality.coverage
    unheard = said * missed
    return quality.role_confidence * (1.0 - said) / (unheard + 1.0 - said)
