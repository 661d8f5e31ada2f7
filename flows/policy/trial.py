"""Policy files on trial before they count: what a lexicon, rulebook or scorecard hits in calls or texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.policy.library import THRESHOLDS, library_of, packs_in_force, titles_in_force
from flows.settings import Settings
from flows.show import shown_role
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings import Finding
from pipeline.findings.detection import detect
from pipeline.findings.detectors import detectors_by
from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.findings.rulebook import Rulebook, RulebookFile, load_rulebook, rulebook_files
from pipeline.findings.thresholds import Thresholds, load_thresholds
from pipeline.findings.titles import shipped_files, titles_of
from pipeline.hearing import Hearing
from pipeline.hearing.dialogue import hearing_of
from pipeline.lexicon import Lexicon, LexiconFile, lexicon_files, load_lexicon
from pipeline.policy.load import keys_of, load_policy
from pipeline.policy.packs import industries, pack_files
from pipeline.scorecard import bundled_scorecards, load_scorecard
from pipeline.scorecard.conditions import conditions_of
from pipeline.store import Store
from pipeline.timeline import place
from pipeline.titles import Titles


@dataclass(frozen=True, slots=True)
class Candidate:
    """A policy file on trial.

    Parameters
    ----------
    titles : mapping
        The title of each of its terms.
    examples : int
        How many examples and counterexamples of its own were run, all of them as they should be.
    """

    name: str
    titles: Mapping[str, str]
    examples: int
    hits: Callable[[Hearing], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Trial:
    """The findings of a policy file in each call, in the order in which the calls were given."""

    file: Candidate
    found: Mapping[str, tuple[Finding, ...]]


def trial_of(name: str, on: str, calls: tuple[str, ...], settings: Settings) -> Trial:
    """The trial of a policy file on stored calls, on texts of a folder, or on one text.

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

    Examples
    --------
    >>> trial = trial_of("required", "坐席：您好，有什么可以帮您", (), Settings())
    >>> [finding.quote for found in trial.found.values() for finding in found]
    ['您好', '有什么可以帮您']
    """
    trial = trial_on(candidate_of(_path_of(name), settings), _hearings(on, calls))
    if missing := sorted(set(calls) - set(trial.found)):
        raise ConfigurationError(
            f"{on} holds no turns of {', '.join(missing)}; `callqa export calls` lists the calls"
        )
    if not trial.found:
        raise ConfigurationError(f"{on} holds no calls to try {name} on")
    return trial


def trial_on(file: Candidate, hearings: Iterable[Hearing]) -> Trial:
    """The trial of a file on calls, each call's findings in order of time.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> file = candidate_of(_path_of("required"), Settings())
    >>> trial = trial_on(file, [hearing_of("坐席：您好，有什么可以帮您", "C1")])
    >>> [finding.term for finding in trial.found["C1"]]
    ['greeting', 'offer_help']
    """
    found: dict[str, tuple[Finding, ...]] = {}
    for hearing in hearings:
        hits = sorted(file.hits(hearing), key=lambda finding: (finding.span, finding.term))
        found[hearing.call.id] = tuple(hits)
    return Trial(file, found)


def candidate_of(path: Path | Traversable, settings: Settings) -> Candidate:
    """A lexicon, rulebook or scorecard on trial, checked with its own examples.

    Raises
    ------
    PolicyError
        If the file is wrong, or one of its own examples does not come out as it should.
    ConfigurationError
        If it is a scorecard without conditions of its own.

    Examples
    --------
    >>> candidate_of(_path_of("required"), Settings()).titles["greeting"]
    '问候语'
    """
    keys = keys_of(path)
    if "phrases" in keys:
        lexicon = load_lexicon(path, settings.slots)
        phrases, names = lexicon.file.phrases, titles_of((lexicon.file, *shipped_files()))
        titles = {phrase.term: names.term(lexicon.detector, phrase.term) for phrase in phrases}
        examples = sum(len(phrase.examples) + len(phrase.counterexamples) for phrase in phrases)
        return Candidate(lexicon.file.name, titles, examples, partial(phrase_findings, lexicon=lexicon))
    library = library_of(settings)
    if "rules" in keys:
        facts = partial(detect, lexicons=library.lexicons, thresholds=library.thresholds)
        book = load_rulebook(path, settings.slots, facts)
        rules = book.file.rules
        examples = sum(len(rule.examples) + len(rule.counterexamples) + len(rule.broken) for rule in rules)
        return _of_book(book, facts, examples)
    if "criteria" in keys:
        card = load_scorecard(path)
        own = conditions_of(card, settings.slots)
        if own is None:
            raise ConfigurationError(
                f"{path}: no criterion has a rule of kind condition; `callqa standard try` tries the points"
            )
        searched = partial(detect, rulebooks=library.rulebooks, thresholds=library.thresholds)
        return _of_book(own, partial(searched, lexicons=library.lexicons), 0)
    if THRESHOLDS in keys:
        return _of_thresholds(load_thresholds(path), library.lexicons)
    raise PolicyError(
        str(path), None, "is none of these: a rule file (rules), a phrase list (phrases), thresholds, a scorecard"
    )


def _of_thresholds(thresholds: Thresholds, lexicons: Sequence[Lexicon]) -> Candidate:
    """What the detectors measure by other thresholds."""
    measured = [each for each in detectors_by(thresholds) if each.tuned]
    titles = {term: f"{each.title}：{title}" for each in measured for term, title in each.terms.items()}

    def hits(hearing: Hearing) -> Iterator[Finding]:
        phrases = [finding for lexicon in lexicons for finding in phrase_findings(hearing, lexicon)]
        return (finding for each in measured for finding in each.findings(hearing, phrases))

    return Candidate(THRESHOLDS, titles, 0, hits)


def _of_book(book: Rulebook, facts: Callable[[Hearing], tuple[Finding, ...]], examples: int) -> Candidate:
    return Candidate(
        book.file.name, book.file.declaration.terms, examples, lambda hearing: book.search(hearing, facts(hearing))
    )


def _path_of(name: str) -> Path | Traversable:
    if Path(name).is_file():
        return Path(name)
    shipped = (*lexicon_files(), *pack_files(*industries()), *rulebook_files())
    named = {path.name.removesuffix(".yaml"): path for path in shipped}
    named |= bundled_scorecards()
    if name in named:
        return named[name]
    raise PolicyError(name, None, f"there is no such file; give one, or a name: {', '.join(sorted(named))}")


def _hearings(on: str, calls: tuple[str, ...]) -> Iterator[Hearing]:
    if "://" in on:
        with Store.open(on, create=False) as store:
            yield from (h for h in store.hearings.all(None) if h.turns and (not calls or h.call.id in calls))
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


def show_trial(trial: Trial) -> Iterator[RenderableType]:
    """A trial in Chinese: the hits, how many of each, and the calls without any."""
    file = trial.file
    if file.examples:
        yield Text(f"{file.name}：自带正例、反例 {file.examples} 条，全部符合")
    table = Table("通话", "时间", "角色", "听到", "词条", "对应", title=f"{file.name} 命中")
    table.add_column("把握", justify="right")
    every = [finding for found in trial.found.values() for finding in found]
    for finding in every:
        table.add_row(
            Text(finding.call_id),
            place(finding.span.start),
            shown_role(finding.role),
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


def library_table(settings: Settings) -> Table:
    """Every lexicon and rulebook as a table: detector, revision, number of terms and of examples; packs, on or off.

    Examples
    --------
    >>> library_table(Settings()).columns[0].header
    '名称'
    """
    table = Table()
    table.add_column("名称", no_wrap=True)
    for heading in ("类别", "标题", "版本", "命中归入", "词条", "正例/反例"):
        table.add_column(heading)
    library, titles = library_of(settings), titles_in_force(settings)
    packs = {path.name.removesuffix(".yaml"): (pack, path) for pack in industries() for path in pack_files(pack)}
    for lexicon in sorted((*library.lexicons, library.role_wording), key=lambda each: each.file.name):
        pack, _ = packs.pop(lexicon.file.name, ("", None))
        _add_list(table, lexicon.file, f"行业包 {pack}" if pack else "词库", titles)
    own = library.thresholds.version
    table.add_row(THRESHOLDS, "阈值", "检测阈值" + ("（本单位）" if own else ""), "—", "各项测量", "—", "—")
    for book in library.rulebooks:
        rules = book.file.rules
        counter = sum(len(r.counterexamples) + len(r.broken) for r in rules)
        examples = (sum(len(r.examples) for r in rules), counter)
        _add(table, book.file, "规则", examples, titles)
    on_lines = packs_in_force(settings)
    for pack, path in packs.values():
        file = load_policy(path, LexiconFile)[0]
        state = "业务线启用" if pack in on_lines else "未启用"
        _add_list(table, file, f"行业包 {pack}（{state}）", titles.with_declarations([file.declaration]))
    return table


def _add_list(table: Table, file: LexiconFile, kind: str, titles: Titles) -> None:
    phrases = file.phrases
    examples = (sum(len(p.examples) for p in phrases), sum(len(p.counterexamples) for p in phrases))
    _add(table, file, kind, examples, titles)


def _add(
    table: Table, file: LexiconFile | RulebookFile, kind: str, examples: tuple[int, int], titles: Titles
) -> None:
    title = titles.detector(file.detector)
    num_terms = len(file.phrases if isinstance(file, LexiconFile) else file.rules)
    shown = f"{file.detector} {title}" if title != file.detector else title
    table.add_row(
        file.name, kind, Text(file.title), str(file.revision), shown, str(num_terms), f"{examples[0]}/{examples[1]}"
    )
