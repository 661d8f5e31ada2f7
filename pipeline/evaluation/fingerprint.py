"""What shaped the result of a call: the models that heard it, and the policy that judged it.

Knows how the two are written into the store, and how what earlier revisions wrote is read.
"""

from __future__ import annotations

import hashlib
from dataclasses import KW_ONLY, astuple, dataclass

from pipeline.scorecard import Scorecard

JUDGES_CALLS = ("levels", "cutoffs", "quality", "review_below", "assessed", "weights", "criteria")
"""What of a scorecard shapes the evaluation of a call; grades and consequences change without judging again."""
LETTERS = 12
"""Of the hash of a scorecard's content, hexadecimal."""
BETWEEN = "|"
"""Between the parts of a fingerprint as it is stored; no part holds one."""


def judged_as(card: Scorecard) -> str:
    """Name, revision and content of a scorecard, as far as it shapes an evaluation: a part of a fingerprint.

    Examples
    --------
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> judged_as(card) == judged_as(card.model_copy(update={"title": "电话"}))
    True
    >>> judged_as(card) == judged_as(card.model_copy(update={"review_below": 0.5}))
    False
    """
    of_calls = card.model_dump_json(include=set(JUDGES_CALLS))
    content = hashlib.sha256(of_calls.encode()).hexdigest()[:LETTERS]
    return f"{card.name}-{card.revision}-{content}"


@dataclass(frozen=True, slots=True)
class EarsVersion:
    """The models that heard a call.

    Parameters
    ----------
    recognizer, recognizer_settings : str
        Model of the recogniser with its revision; its settings and those of the second opinion.
    diarizer, diarizer_settings : str
        The same of the diarizer.
    """

    recognizer: str = ""
    recognizer_settings: str = ""
    diarizer: str = ""
    diarizer_settings: str = ""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """The policy that judged a call.

    Parameters
    ----------
    scorecard : str
        Name, revision and content of the scorecard, as far as it shapes an evaluation.
    search : str
        Digest of everything that the call was searched for.
    roles : tuple of str
        The wording that tells roles, and the weights of the evidence; calls of the first revisions have the wording
        alone.
    hearing : str
        Version of the code that makes turns of what the models heard.
    """

    scorecard: str = ""
    search: str = ""
    _: KW_ONLY
    roles: tuple[str, ...] = ()
    hearing: str = ""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Everything that shaped a result; a call that ended under the same one is done.

    Parameters
    ----------
    ears : EarsVersion
        What heard the call.
    policy : PolicyVersion
        What judged it.

    Examples
    --------
    >>> ears = EarsVersion("base@1", "beam5", "campplus@1", "v2")
    >>> policy = PolicyVersion("kf01-1-f00d", "1234", roles=("roles-3", "weights-1"), hearing="4")
    >>> str(Fingerprint(ears, policy))
    'base@1|beam5|campplus@1|v2|kf01-1-f00d|1234|roles-3|weights-1|4'
    """

    ears: EarsVersion = EarsVersion()
    policy: PolicyVersion = PolicyVersion()

    @staticmethod
    def read(text: str) -> Fingerprint:
        """The fingerprint out of its stored text, that of an earlier revision too; empty parts where it has fewer.

        Examples
        --------
        >>> kept = Fingerprint.read("base@1|beam5|campplus@1|v2|kf01-1-f00d|1234|roles-3|4")
        >>> kept.ears.recognizer, kept.policy.roles, kept.policy.hearing
        ('base@1', ('roles-3',), '4')
        """
        parts = text.split(BETWEEN)
        ears, policy, roles = parts[:4], parts[4:6], parts[6:]
        hearing = roles.pop() if roles else ""
        return Fingerprint(EarsVersion(*ears), PolicyVersion(*policy, roles=tuple(roles), hearing=hearing))

    def __str__(self) -> str:
        """The text that is stored: parts that are empty at its end are left out."""
        policy = self.policy
        parts = (*astuple(self.ears), policy.scorecard, policy.search, *policy.roles, policy.hearing)
        return BETWEEN.join(parts).rstrip(BETWEEN)


NEITHER = Fingerprint()
"""Of a call that was neither heard nor judged."""
