"""Omission: the findings with wording that was not made for the call, each scenario without its own wordings.

Knows truth and lexicons, and is handed what suspects. Pessimistic: whatever of a list stands in the lines of one
scenario alone is taken out before its calls are judged, also what would have been listed without these calls.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role
from pipeline.lexicon import Lexicon, Phrase, wordings
from pipeline.lexicon.phonetics import listen
from pipeline.validation.accuracy.baselines import expression
from pipeline.validation.accuracy.comparison import COMPARED
from pipeline.validation.accuracy.figures import Operator
from pipeline.validation.accuracy.truth import ROLES, Trial

Judge: TypeAlias = Callable[[Hearing, Sequence[Lexicon]], Iterable[Finding]]
"""What is named in a call by some lexicons, and what is suspected besides."""

DEPLOYMENT = re.compile(r"\{(company|name|staff|公司|姓名|工号)\}")
"""The slots that a deployment fills in; no wording with one was made for a call."""


@dataclass(frozen=True, slots=True)
class OmittedWording:
    """A wording that stands in the lines of one scenario and of no other."""

    scenario: str
    lexicon: str
    term: str
    wording: str


@dataclass(frozen=True, slots=True)
class Omitted:
    """One thing looked for, judged now by the same lexicons: with all wordings, and without those of the scenario.

    Parameters
    ----------
    plain : Operator
        Named, with all wordings.
    named : Operator
        Named, without the scenario's own.
    suspected : Operator
        So named, or suspected: as it would be if a person said yes to all that is suspected.
    """

    plain: Operator
    named: Operator
    suspected: Operator


@dataclass(frozen=True, slots=True)
class Omission:
    """What was taken out, and what is found without it; all calls added."""

    wordings: tuple[OmittedWording, ...]
    things: tuple[Omitted, ...]


def measure_omission(trials: Sequence[Trial], lexicons: Sequence[Lexicon], judge: Judge) -> Omission:
    """Each call judged with all wordings, and without those that stand in its scenario alone.

    Calls whose truth file names no scenario are judged with all wordings both times.

    Parameters
    ----------
    judge : callable
        It must have learned from none of these calls.
    """
    searched = [lexicon for lexicon in lexicons if lexicon.detector in COMPARED]
    taken_out = sole_wordings(trials, searched)
    plain = [_judge_call(trial, searched, judge) for trial in trials]
    remaining = {
        scenario: [left for each in searched if (left := drop_wordings(each, taken_out, scenario))]
        for scenario in {trial.truth.scenario for trial in trials}
    }
    blind = [_judge_call(trial, remaining[trial.truth.scenario], judge) for trial in trials]
    suspecting = [trial.affirmed for trial in blind]
    things = (Omitted(count(plain), count(blind), count(suspecting)) for count in COMPARED.values())
    return Omission(taken_out, tuple(things))


def sole_wordings(trials: Sequence[Trial], lexicons: Sequence[Lexicon]) -> tuple[OmittedWording, ...]:
    """The wordings that stand, word by word, in what their role says in one scenario, and in no other's lines."""
    lines = _lines(trials)
    found = []
    for lexicon in lexicons:
        for phrase in lexicon.file.phrases:
            for wording in _made(phrase):
                sought = re.compile(expression(wording), re.MULTILINE)
                there = [
                    name for (name, role), said in lines.items() if role == phrase.role and sought.search(said)
                ]
                if len(there) == 1 and there[0]:
                    found.append(OmittedWording(there[0], lexicon.file.name, phrase.term, wording))
    return tuple(found)


def drop_wordings(lexicon: Lexicon, taken_out: Sequence[OmittedWording], scenario: str) -> Lexicon | None:
    """The lexicon without the wordings taken out of a scenario; None when nothing is left of it.

    Examples
    --------
    >>> from pipeline.lexicon import LexiconFile
    >>> phrases = [{"term": "hold", "role": "agent", "variants": ["请您稍等", "您等一下"]}]
    >>> file = {"name": "a", "revision": 1, "detector": "d", "title": "t", "phrases": phrases}
    >>> lexicon = Lexicon(LexiconFile.model_validate(file), "", {})
    >>> left = drop_wordings(lexicon, [OmittedWording("order", "a", "hold", "请您稍等")], "order")
    >>> left.file.phrases[0].variants
    ('您等一下',)
    """
    gone = {(t.term, t.wording) for t in taken_out if (t.scenario, t.lexicon) == (scenario, lexicon.file.name)}
    phrases = []
    for phrase in lexicon.file.phrases:
        variants = []
        for variant in phrase.variants:
            listed = wordings(variant)
            left = [wording for wording in listed if (phrase.term, wording) not in gone]
            variants += [variant] if len(left) == len(listed) else left
        if variants:
            phrases.append(phrase.model_copy(update={"variants": tuple(dict.fromkeys(variants))}))
    if not phrases:
        return None
    return replace(lexicon, file=lexicon.file.model_copy(update={"phrases": tuple(phrases)}))


def _made(phrase: Phrase) -> tuple[str, ...]:
    """The wordings of a phrase that somebody thought of."""
    listed = (w for variant in phrase.variants for w in wordings(variant) if w and not DEPLOYMENT.search(w))
    return tuple(dict.fromkeys(listed))


def _lines(trials: Sequence[Trial]) -> Mapping[tuple[str, Role], str]:
    """All that a role says in a scenario, spoken characters only, a line for each of the truth's."""
    said = defaultdict(list)
    for trial in trials:
        for line in trial.truth.lines:
            said[trial.truth.scenario, ROLES[line.speaker]].append(listen(line.text).characters)
    return {key: "\n".join(lines) for key, lines in said.items()}


def _judge_call(trial: Trial, lexicons: Sequence[Lexicon], judge: Judge) -> Trial:
    return trial.with_findings(judge(trial.hearing, lexicons)) if trial.hearing else trial
