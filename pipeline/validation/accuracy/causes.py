"""Why characters are heard wrong: each edit between what was said and what was heard, under one cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from rapidfuzz.distance import Levenshtein

from pipeline.hearing.turns import Role
from pipeline.lexicon.numerals import DIGITS, UNITS
from pipeline.lexicon.phonetics import listen
from pipeline.validation.accuracy.characters import plain, spelled_as
from pipeline.validation.accuracy.figures import Measure
from pipeline.validation.accuracy.truth import Trial

CAUSES = {
    "other_role": "of its errors, words of the other role",
    "dropped": "of its errors, dropped in a stretch",
    "invented": "of its errors, invented in a stretch",
    "numerals": "of its errors, numerals",
    "names": "of its errors, names",
    "homophones": "of its errors, the same sound",
    "other": "of its errors, another sound",
}
"""By name; an edit that has several causes counts under the first of them."""
STRETCH = 4  # characters in a row that are missing, or were never said
_NUMERALS = frozenset(DIGITS) | frozenset(UNITS) | frozenset("万亿点")


def cause_figures(trials: Sequence[Trial]) -> Iterator[Measure]:
    """The share of each cause in all edits of the CER, with intervals by drawing calls."""
    by_call = [Counter(cause for each in _of_call(trial) for cause in each) for trial in trials]
    for name, title in CAUSES.items():
        counts = [(counted[name], counted.total()) for counted in by_call]
        yield Measure.share("transcribe", f"cer_{name}", title, counts)


def _of_call(trial: Trial) -> Iterator[Iterator[str]]:
    said = {role: trial.words_of(role) for role in (Role.AGENT, Role.CUSTOMER)}
    for role, (reference, heard) in said.items():
        other = said[Role.CUSTOMER if role is Role.AGENT else Role.AGENT]
        yield causes(reference, heard, other, trial.truth.names)


def causes(
    reference: str, heard: str, other: tuple[str, str] = ("", ""), names: Iterable[str] = ()
) -> Iterator[str]:
    """The cause of each edit, in order; as many as `edits` counts, or a few more where two ways cost the same.

    Parameters
    ----------
    other : tuple of str
        What the other speaker said, and what was heard from that one.
    names : iterable of str
        Names as the reference spells them.

    Examples
    --------
    >>> list(causes("阳光家政，工号一零零二", "阳光家郑，公号一零零三", names=["阳光家政"]))
    ['names', 'homophones', 'numerals']
    >>> list(causes("好的没问题谢谢", "好的", other=("再见", "没问题谢谢再见")))
    ['other_role', 'other_role', 'other_role', 'other_role', 'other_role']
    """
    said, got = plain(reference), spelled_as(heard, reference)
    others_said, others_got = (plain(text) for text in other)
    named = {at for name in names for start in _places(said, plain(name)) for at in range(start, start + len(name))}
    for edit in Levenshtein.opcodes(said, got):
        missed, made_up = said[edit.src_start : edit.src_end], got[edit.dest_start : edit.dest_end]
        if edit.tag == "delete" and len(missed) >= STRETCH:
            yield from ["other_role" if missed in others_got else "dropped"] * len(missed)
        elif edit.tag == "insert" and len(made_up) >= STRETCH:
            yield from ["other_role" if made_up in others_said else "invented"] * len(made_up)
        elif edit.tag != "equal":
            for n in range(max(len(missed), len(made_up))):
                yield _cause(missed[n : n + 1], made_up[n : n + 1], edit.src_start + n in named)


def _cause(said: str, heard: str, is_named: bool) -> str:
    if (said or heard) in _NUMERALS or (heard and heard in _NUMERALS):
        return "numerals"
    if is_named:
        return "names"
    if said and heard and listen(said).syllables.tolist() == listen(heard).syllables.tolist():
        return "homophones"
    return "other"


def _places(text: str, wanted: str) -> Iterator[int]:
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)
