"""A second opinion on what a phrase list found: what the sentence as a whole hardly means waits for a person.

A list knows words, not what is meant: 改差评 is begged for, and forbidden, in the same words. The bundled
classifier hears the sentence; where it finds a fault unlikely, even knowing that a list has it, the hit becomes a
flag, which costs nothing until a person says yes, or none at all. Only lists that ask for it (`second_opinion`)
are doubted: of wordings that a deployment wrote for itself the classifier knows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from models.classifiers.bundled import Bundled, bundled
from models.classifiers.grams import said
from models.classifiers.suspecting import parts_of
from pipeline.findings import Finding
from pipeline.findings.suspicion import FAULTS, doubted
from pipeline.hearing import Hearing
from pipeline.hearing.reading import utterances
from pipeline.hearing.turns import Turn
from pipeline.lexicon import Lexicon

LISTED, OF_SENTENCE, PER_CHARACTER, MOST_CHARACTERS = 4.1, 0.83, 0.14, 25
"""The log-odds that a listed hit is meant: a constant, a factor for those that the classifier gives the sentence,
less so much for each character around it: the fewer there are, the more of it is the listed wording itself.

Logistic regression on 487 sentences of nine authors in which the lists find something, by a classifier that never
read any of them. Each author judged by the constants of the others: of 358 kept 347 are right, of all 487 390.
"""

LEAST_SURE, LEAST_LIKELY = 0.75, 0.2
"""The probability from which on a listed hit counts without a person, and under which it is none.

Of those 487 sentences 361 lie above, 351 of them faults; 49 below, of which 2 are.
"""

OUTRIGHT = 0.5
"""The share of what is said around it from which on a hit counts without a second opinion: 23 of 24 are faults."""


def flag_doubted(
    hearing: Hearing, found: Iterable[Finding], lexicons: Sequence[Lexicon], model: Bundled | None = None
) -> tuple[Finding, ...]:
    """The findings, a listed fault as a flag where its sentence may not mean it, and left out where it hardly does.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.lexicon import bundled_lexicons
    >>> from pipeline.findings.detectors.phrases import phrase_findings
    >>> lists = [each for each in bundled_lexicons() if each.detector == FAULTS]
    >>> call = hearing_of(["坐席：给个好评吧亲", "客户：好", "坐席：看精神科不等于是神经病，好多人就是睡不好"])
    >>> found = [finding for each in lists for finding in phrase_findings(call, each)]
    >>> [f.detector for f in flag_doubted(call, found, lists)]
    ['banned_wording', 'flag']
    """
    found = tuple(found)
    asked = {each.version for each in lexicons if each.file.second_opinion}
    listed = [f for f in found if f.detector == FAULTS and f.detector_version in asked]
    if not listed:
        return found
    model = model or bundled()
    turns = {turn.index: turn for turn in hearing.turns}
    probable = {
        f: _probability(model, _around(turns[f.turn_index], f), f.quote) for f in listed if f.turn_index is not None
    }
    return tuple(
        doubted(f, probable[f], model.version) if probable.get(f, 1.0) < LEAST_SURE else f
        for f in found
        if probable.get(f, 1.0) >= LEAST_LIKELY
    )


def _around(turn: Turn, found: Finding) -> str:
    """What the speaker says from silence to silence around what was found in the turn; else the whole turn."""
    for start, end in utterances(turn):
        said_here = turn.text[start:end]
        if found.quote in said_here and turn.span_of(start, end).overlap(found.span) > 0:
            return said_here
    return turn.text


def _probability(model: Bundled, text: str, quote: str) -> float:
    """That what a list found in a text is meant, by the text as a whole or by the sentence that holds it."""
    if len(said(quote)) >= OUTRIGHT * len(said(text)):
        return 1.0
    around = [text[start:end] for start, end in parts_of(text)[1:] if quote in text[start:end]]
    odds = model.fault_odds([text, *around]).max()
    length = min(len(said(text)), MOST_CHARACTERS)
    return float(1 / (1 + np.exp(PER_CHARACTER * length - LISTED - OF_SENTENCE * odds)))
