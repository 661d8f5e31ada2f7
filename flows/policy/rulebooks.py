"""Rules tried before they ship: what a phrase list, rule file or scorecard hits in calls or texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.policy.lists import lists_of
from flows.settings import Settings
from flows.show import ROLES
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings import Finding
from pipeline.findings.detectors import detect
from pipeline.findings.detectors.phrases import phrases_heard
from pipeline.findings.rulebook import Rulebook, RulebookFile, load_rulebook, rulebook_files
from pipeline.hearing import Hearing
from pipeline.hearing.dialogue import hearing_of
from pipeline.lexicon import LexiconFile, lexicon_files, load_lexicon
from pipeline.policy.load import keys_of
from pipeline.scorecard import bundled_scorecards, load_scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.store import Store
from pipeline.timeline import place
from pipeline.titles import shown_detector, shown_term


@dataclass(frozen=True, slots=True)
class Tried:
    """A file that is tried.

    Parameters
    ----------
    titles : mapping
        What each of its terms is called.
    examples : int
        How many examples and counterexamples of its own were run, all of them as they should be.
    """

    name: str
    titles: Mapping[str, str]
    examples: int
    hits: Callable[[Hearing], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a file hits: the findings of each call, in the order in which the calls were given."""

    file: Tried
    found: Mapping[str, tuple[Finding, ...]]


def tried(name: str, on: str, calls: tuple[str, ...], settings: Settings) -> Trial:
    """What a file hits in stored calls, in texts of a folder, or in one text.

    Parameters
    ----------
    on : str
        A store's URL, a folder of ``*.txt``, a file, or the text itself; its lines may be parted by `` / ``.
    calls : tuple of str
        Ids of stored calls; empty for all.

    Raises
    ------
    PolicyError
        If the file is wrong, or one of its own examples does not come out as it should.
    ConfigurationError
        If there is nothing to try it on.
    """
    trial = tried_on(file_to_try(_path_of(name), settings), _hearings(on, calls))
    if missing := sorted(set(calls) - set(trial.found)):
        raise ConfigurationError(
            f"{on} holds no turns of {', '.join(missing)}; `callqa export calls` lists the calls"
        )
    if not trial.found:
        raise ConfigurationError(f"{on} holds no calls to try {name} on")
    return trial


def tried_on(file: Tried, hearings: Iterable[Hearing]) -> Trial:
    """What a file hits in these calls, each call's hits in order of time."""
    found: dict[str, tuple[Finding, ...]] = {}
    for hearing in hearings:
        hits = sorted(file.hits(hearing), key=lambda finding: (finding.span, finding.term))
        found[hearing.call.id] = tuple(hits)
    return Trial(file, found)


def file_to_try(path: Path | Traversable, settings: Settings) -> Tried:
    """A file of any of the three kinds, checked with its own examples.

    Raises
    ------
    PolicyError
        If the file is wrong, or one of its own examples does not come out as it should.
    ConfigurationError
        If it is a standard without conditions of its own.
    """
    keys = keys_of(path)
    if "phrases" in keys:
        lexicon = load_lexicon(path, settings.slots)
        phrases = lexicon.file.phrases
        titles = {phrase.term: shown_term(phrase.term) for phrase in phrases}
        examples = sum(len(phrase.examples) + len(phrase.counterexamples) for phrase in phrases)
        return Tried(lexicon.file.name, titles, examples, partial(phrases_heard, lexicon=lexicon))
    lists = lists_of(settings)
    if "rules" in keys:
        facts = partial(detect, lexicons=lists.lexicons)
        book = load_rulebook(path, settings.slots, facts)
        examples = sum(len(rule.examples) + len(rule.counterexamples) for rule in book.file.rules)
        return _of_book(book, facts, examples)
    if "criteria" in keys:
        card = load_scorecard(path)
        own = conditions_of(card, settings.slots)
        if own is None:
            raise ConfigurationError(
                f"{path}: no criterion has a rule of kind condition; `callqa standard try` tries the points"
            )
        return _of_book(own, partial(detect, lexicons=lists.lexicons, rulebooks=lists.rulebooks), 0)
    raise PolicyError(
        str(path), None, "is none of these: a rule file (rules), a phrase list (phrases), a scorecard"
    )


def _of_book(book: Rulebook, facts: Callable[[Hearing], tuple[Finding, ...]], examples: int) -> Tried:
    titles = {rule.term: rule.title for rule in book.file.rules}
    return Tried(book.file.name, titles, examples, lambda hearing: book.search(hearing, facts(hearing)))


def _path_of(name: str) -> Path | Traversable:
    if Path(name).is_file():
        return Path(name)
    named = {path.name.removesuffix(".yaml"): path for path in (*lexicon_files(), *rulebook_files())}
    named |= bundled_scorecards()
    if name in named:
        return named[name]
    raise PolicyError(name, None, f"there is no such file; give one, or a name: {', '.join(sorted(named))}")


def _hearings(on: str, calls: tuple[str, ...]) -> Iterator[Hearing]:
    if "://" in on:
        with Store.open(on, create=False) as store:
            yield from (h for h in store.hearings(None) if h.turns and (not calls or h.call.id in calls))
        return
    if calls:
        raise ConfigurationError("--calls picks calls of a store; --on is not the URL of one")
    if not on.strip():
        return
    is_path = os.path.exists(on)
    if is_path and Path(on).is_dir():
        for path in sorted(Path(on).glob("*.txt")):
            yield _written(path.read_text(encoding="utf-8-sig"), path.stem, str(path))
    elif is_path:
        yield _written(Path(on).read_text(encoding="utf-8-sig"), Path(on).stem, on)
    else:
        yield _written("\n".join(on.split(" / ")), "文本", "--on")


def _written(text: str, name: str, where: str) -> Hearing:
    try:
        return hearing_of(text, name)
    except ValueError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def trial_parts(trial: Trial) -> Iterator[RenderableType]:
    """A trial in Chinese: the hits, how many of each, and the calls without any."""
    file = trial.file
    if file.examples:
        yield Text(f"{file.name}：自带正例、反例 {file.examples} 条，全部符合")
    table = Table("通话", "时间", "角色", "听到", "词条", "对应", title=f"{file.name} 命中")
    table.add_column("把握", justify="right")
    every = [finding for found in trial.found.values() for finding in found]
    for finding in every:
        role, style = ROLES[finding.role]
        table.add_row(
            Text(finding.call_id),
            place(finding.span.start),
            Text(role, style=style),
            Text(finding.quote or "（整通）"),
            Text(file.titles.get(finding.term, finding.term)),
            Text("" if finding.value is None else str(finding.value)),
            f"{finding.confidence:.0%}",
        )
    if every:
        yield table
    counts = Table("词条", "名称", title="统计")
    counts.add_column("命中", justify="right")
    counts.add_column("通话", justify="right")
    for term, title in file.titles.items():
        hits = [finding for finding in every if finding.term == term]
        in_calls = len({finding.call_id for finding in hits})
        counts.add_row(Text(term), Text(title), str(len(hits)), f"{in_calls}/{len(trial.found)}")
    yield counts
    without = [call for call, found in trial.found.items() if not found]
    yield Text(f"没有命中的通话 {len(without)}/{len(trial.found)}：{'、'.join(without) or '无'}")


def rules_table(settings: Settings) -> Table:
    """Every phrase list and rule file, with its detector and how much it holds."""
    table = Table()
    table.add_column("名称", no_wrap=True)
    for heading in ("类别", "标题", "版本", "命中归入", "词条", "正例/反例"):
        table.add_column(heading)
    lists = lists_of(settings)
    for lexicon in sorted((*lists.lexicons, lists.role_wording), key=lambda each: each.file.name):
        phrases = lexicon.file.phrases
        examples = (sum(len(p.examples) for p in phrases), sum(len(p.counterexamples) for p in phrases))
        _add(table, lexicon.file, "词库", lexicon.detector, len(phrases), examples)
    for book in lists.rulebooks:
        rules = book.file.rules
        examples = (sum(len(r.examples) for r in rules), sum(len(r.counterexamples) for r in rules))
        _add(table, book.file, "规则", book.detector, len(rules), examples)
    return table


def _add(
    table: Table,
    file: LexiconFile | RulebookFile,
    kind: str,
    detector: str,
    num_terms: int,
    examples: tuple[int, int],
) -> None:
    shown = f"{detector} {shown_detector(detector)}" if shown_detector(detector) != detector else detector
    table.add_row(
        file.name, kind, Text(file.title), str(file.revision), shown, str(num_terms), f"{examples[0]}/{examples[1]}"
    )
