"""The reasons that a person chooses from when answering a criterion or correcting a hearing: `reasons.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from pipeline.policy.load import load_policy
from pipeline.scorecard.kinds import Policy


class Reason(Policy):
    """A reason to choose from. `denies`: the machine's finding is not there at all."""

    code: str
    title: str
    kinds: tuple[str, ...]
    denies: bool = False
    needs_note: bool = False


class _Reasons(Policy):
    reasons: tuple[Reason, ...]


@cache
def reasons() -> Mapping[str, Reason]:
    """The reasons to choose from, by code, in the order shown.

    Examples
    --------
    >>> reasons()["context"].title
    '语境不算（转述、引用、客户要求等）'
    """
    listed, _ = load_policy(files("pipeline.policy") / "reasons.yaml", _Reasons)
    return {reason.code: reason for reason in listed.reasons}


def reasons_for(kind: str) -> tuple[Reason, ...]:
    """The reasons to choose from for one kind of act; ``correction`` is one too.

    Examples
    --------
    >>> [reason.code for reason in reasons_for("confirm")]
    ['agreed']
    """
    return tuple(reason for reason in reasons().values() if kind in reason.kinds)
