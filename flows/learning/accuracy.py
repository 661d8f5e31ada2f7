"""The tables of `callqa eval`: figures out of group first, then stage by stage, then the places to listen to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from flows.policy.claims import by_settings, lines_in_force
from flows.policy.library import library_of
from flows.policy.policy import bundled_card
from flows.settings import Settings
from pipeline.errors import ConfigurationError
from pipeline.files import write_file
from pipeline.findings import Finding
from pipeline.findings.detection import detect
from pipeline.hearing import Hearing
from pipeline.indicators.roster import Roster
from pipeline.lexicon import Lexicon
from pipeline.store import Store
from pipeline.validation.accuracy import Accuracy, Measure, Operator, measure
from pipeline.validation.accuracy.comparison import Baselines
from pipeline.validation.accuracy.omission import Omission
from pipeline.validation.accuracy.truth import read_truths

WIDTH = 110
"""Columns that the widest table takes."""
NOTHING = "—"
SPREAD = "95 %"
"""Ends the heading of figures with their interval, which stand below each other as they are."""


def show_accuracy(
    truth: Path, store_url: str, json_file: Path | None, left_out: bool, settings: Settings
) -> Iterator[RenderableType]:
    """Accuracy against truth files, as tables; and as JSON in a file if one is named."""
    with Store.open(store_url, create=False) as store:
        own = _heard_by(truth, store, settings)
        accuracy = measure(truth, store.calls.get, library_of(own).lexicons, left_out=_judged if left_out else None)
    if json_file is not None:
        write_file(json_file, json.dumps(accuracy.as_json(), ensure_ascii=False, indent=1) + "\n")
    card = bundled_card()
    yield _unseen_authors(card)
    yield _unseen_categories(card)
    if accuracy.omission:
        yield _left_out(accuracy.omission)
    yield _figures(accuracy)
    yield _operators([figure for figure in accuracy.figures if isinstance(figure, Operator)])
    if accuracy.baselines:
        yield _baselines(accuracy.baselines)
    if others := accuracy.stale_calls:
        yield Text(
            f"{len(others)} calls were judged by other phrase lists than the baselines ({', '.join(others[:5])}"
            f"{' …' if len(others) > 5 else ''}): run `callqa rescore` first to compare like with like\n",
            style="yellow",
        )
    yield from _cases(accuracy)


def _heard_by(truth: Path, store: Store, settings: Settings) -> Settings:
    """The settings under which the calls of truth files are heard.

    Raises
    ------
    ConfigurationError
        If lines with lists of their own claim them: whatever they are compared with would be wrong for some.
    """
    results = [store.calls.get(each.call_id) for each in read_truths(truth)]
    roster = Roster.of_rows(store.roster.memberships())
    by = by_settings((each.call for each in results if each is not None), settings, roster)
    versions = {tuple(lexicon.version for lexicon in library_of(own).lexicons): own for own in by}
    if len(versions) > 1:
        named = {line.settings: line.name for line in lines_in_force(settings).lines}
        counts = "、".join(f"{named.get(own, '无业务线')} {len(ids)} 通" for own, ids in by.items())
        raise ConfigurationError(
            f"{truth}: 这些通话分属词库不同的业务线（{counts}），不能放在一起与词库比较；"
            "请把每条业务线的 *.truth.json 放进各自的文件夹，分别运行 callqa eval"
        )
    return next(iter(versions.values()), settings)


def figures_table(title: str, *headings: str, caption: str = "") -> Table:
    """A table whose first column is words and whose other columns are figures."""
    table = Table(
        title=f"\n{title}",
        caption=caption,
        box=box.SIMPLE_HEAD,
        title_justify="left",
        caption_justify="left",
        pad_edge=False,
        collapse_padding=True,
    )
    for n, heading in enumerate(headings):
        table.add_column(heading, justify="right" if n and not heading.endswith(SPREAD) else "left", no_wrap=True)
    return table


def _figures(accuracy: Accuracy) -> Table:
    """Every figure that is none of an operator, by stage."""
    of_operators = {m.name for o in accuracy.figures if isinstance(o, Operator) for m in o.measures}
    single = [each for each in accuracy.measures if each.name not in of_operators]
    headings = ("stage", "figure", f"value {SPREAD}", "counts", "floor", "holds")
    table = figures_table(f"{accuracy.num_calls} calls, stage by stage", *headings)
    table.columns[1].justify = "left"
    for stage, measures in groupby(single, key=lambda each: each.stage):
        for n, each in enumerate(measures):
            counts = "" if each.denominator is None else f"{each.numerator:.4g}/{each.denominator:g}"
            table.add_row("" if n else stage, each.title, spread(each), counts, _bound(each), _holds(each))
        table.add_section()
    return table


def _operators(operators: list[Operator]) -> Table:
    caption = (
        "n: found/missed/false alarms. 95 %: calls drawn 2000 times; without width where nothing went wrong, "
        "which says nothing of mistakes that these calls do not hold."
    )
    headings = ("", *(f"{each} {SPREAD}" for each in ("F1", "precision", "recall")), "n", "floor", "holds")
    table = figures_table("what was found of what there was", *headings, caption=caption)
    for operator in operators:
        total = operator.total
        figures = map(spread, operator.measures)
        counts = f"{total.found}/{len(total.missed)}/{len(total.false_alarms)}"
        table.add_row(operator.title, *figures, counts, _bound(operator.f1), _holds(operator.f1))
    return table


def _baselines(baselines: Baselines) -> Table:
    caption = (
        "The same wordings, roles, zones and guards; only the matching differs. rapidfuzz: partial_ratio of "
        f"toneless pinyin from {baselines.threshold:g} on, the threshold with its best F1 on these very calls, "
        "which flatters it. Misses: ours to exact match's, of our findings only the surest that are as precise."
    )
    headings = (
        "F1 by matching",
        *(f"{each} {SPREAD}" for each in ("ours", "exact", "rapidfuzz")),
        "misses",
        "ratio",
    )
    table = figures_table("beside two usual ways to match", *headings, caption=caption)
    for each in (*baselines.comparisons, baselines.everything):
        figures = (spread(each.f1) for each in (each.ours, each.exact, each.fuzzy))
        misses = each.misses
        table.add_row(each.ours.title, *figures, f"{misses.numerator:g}:{misses.denominator:g}", _value(misses))
    return table


def _judged(hearing: Hearing, lexicons: Sequence[Lexicon]) -> tuple[Finding, ...]:
    """What is named in a call by some lexicons, and suspected besides, as a night has it."""
    from models.classifiers import flag_doubted, suspected  # noqa: PLC0415  only where a scenario is left out

    found = flag_doubted(hearing, detect(hearing, lexicons), lexicons)
    return (*found, *suspected(hearing, found))


def _left_out(omission: Omission) -> Table:
    caption = (
        "Left out, when a scenario's calls are judged: every wording that stands word by word in its lines and in "
        "no other scenario's. Pessimistic: general wording goes with the rest. All judged now."
    )
    plain = ("F1 with all", "F1 named", "F1 + suspected", "recall")
    headings = ("", *(f"{each} {SPREAD}" for each in plain), "out")
    table = figures_table("one scenario left out: phrases that were not written for it", *headings, caption=caption)
    num_out = Counter(each.lexicon for each in omission.wordings)
    for each in omission.things:
        figures = map(spread, (each.plain.f1, each.named.f1, each.suspected.f1, each.suspected.recall))
        table.add_row(each.plain.title, *figures, str(num_out[each.plain.name]))
    return table


def _unseen_authors(card: dict[str, Any]) -> Table:
    """How the bundled classifier does on authors whom it was not trained on."""
    caption = (
        f"Seed sentences of {len(card['authors'])} authors, half of them only looking like it; each author judged "
        f"by a model of others, authors drawn 2000 times. Misheard: with 5-30 % recognition errors. "
        f"{card['version']}, {card['made_on']}."
    )
    headings = (f"recall {SPREAD}", f"false alarms {SPREAD}", f"recall, misheard {SPREAD}", "n")
    table = figures_table("one author left out: suspected", "", *headings, caption=caption)
    for name, of in card["unseen_author"].items():
        title = "any fault" if name == "fault" else name
        figures = (_share(of["written"], "recall"), _share(of["written"], "false_alarms"))
        table.add_row(title, *figures, _share(of["misheard"], "recall"), str(of["num_holds"]))
    return table


def _unseen_categories(card: dict[str, Any]) -> Table:
    """How the bundled classifier does on a kind of fault of which it never saw a sentence."""
    caption = (
        "Any fault claimed in sentences of one kind, by a model of other authors: that knew the kind, and that saw "
        "none of its sentences, nor those that only look like it. False alarms: of the latter."
    )
    headings = (f"recall, known {SPREAD}", f"recall, left out {SPREAD}", f"false alarms, left out {SPREAD}", "n")
    table = figures_table(
        "one category of wording left out: suspected of any fault", "", *headings, caption=caption
    )
    for name, of in card["unseen_category"].items():
        known, left_out = of["known"], of["left_out"]
        figures = (_share(known, "recall"), _share(left_out, "recall"), _share(left_out, "false_alarms"))
        table.add_row(name, *figures, str(of["num_holds"]))
    return table


def _share(figures: dict[str, Any], name: str) -> str:
    return _interval(f"{figures[name]:.3f}", figures[f"{name}_interval"])


def _cases(accuracy: Accuracy) -> Iterator[Text]:
    for measured in accuracy.measures:
        for case in measured.cases:
            line = f"{measured.name} {case.call_id} {case.place} {case.kind} {case.term}"
            yield Text(f"{line}  said: {case.said}  heard: {case.heard}", style="dim")


def _value(measured: Measure) -> str:
    if measured.value is None:
        return NOTHING
    return f"{measured.value:g}" if measured.unit == "count" else f"{measured.value:.3f}"


def spread(measured: Measure) -> str:
    """The figure, and its interval in two decimals without their zero: ``0.967  .94–.98``."""
    return _interval(_value(measured), measured.interval)


def _interval(value: str, ends: Sequence[float] | None) -> str:
    if ends is None:
        return f"{value:>5}"
    low, high = (f"{end:.2f}".removeprefix("0") for end in ends)
    return f"{value:>5} {low:>4}–{high}"


def _bound(measured: Measure) -> str:
    bounds = [f"≥ {measured.at_least:g}"] if measured.at_least is not None else []
    bounds += [f"≤ {measured.at_most:.3g}"] if measured.at_most is not None else []
    return " ".join(bounds)


def _holds(measured: Measure) -> str:
    return {True: "yes", False: "NO", None: ""}[measured.holds]
