"""Absence: how likely what was not heard was not said either.

Knows the quality of a hearing; not what is asked of a call.
"""

from __future__ import annotations

from pipeline.hearing import Quality

USUALLY_SAID, RARELY_SAID = 0.5, 0.02
"""How often a required phrase, and a banned one, is said at all: what silence is weighed against."""


def absence(quality: Quality, said: float) -> float:
    """Probability that a phrase which was not heard was not said either, by Bayes' rule.

    Parameters
    ----------
    said : float
        How often it is said at all, 0..1.

    Examples
    --------
    >>> good = Quality(40.0, 40.0, word_confidence=0.9, role_confidence=1.0, agent_seconds=20.0)
    >>> round(absence(good, USUALLY_SAID), 3), round(absence(good, RARELY_SAID), 3)
    (0.909, 0.998)
    """
    loss = 1.0 - quality.word_confidence * quality.coverage
    silence = said * loss
    return quality.role_confidence * (1.0 - said) / (silence + 1.0 - said)
