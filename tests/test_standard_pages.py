"""The pages of the shipped standards: every sentence stands there, with what answers it, as the YAML has it."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.indicators import INDICATORS
from pipeline.scorecard import CALLS, Criterion, Part, Scorecard, bundled_scorecards, load_scorecard
from pipeline.scorecard.trial import try_values, with_switches
from pipeline.tally import rounded

CARDS = {name: load_scorecard(path) for name, path in bundled_scorecards().items()}
FOLDER = Path(__file__).parent.parent / "docs" / "standards"
PAGES = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
HEAD = re.compile(
    r"^Standard `(\w+)`, revision (\d+) \(\[\1\.yaml\]\(\.\./\.\./pipeline/policy/scorecards/\1\.yaml\)\)"
)
EXAMPLE = re.compile(r"^```json\n(.*?)^```", re.DOTALL | re.MULTILINE)
NOBODY = "—"
WHY_NOT = ("covered by ", "not scored: ", "not possible: ", "open: ")
"""How a row begins that nothing answers, so that none is passed over in silence."""
SENTENCES = Path(__file__).parent / "standards" / "sentences.txt"
"""The sentences of the documents that are no item's (prefaces, process, forms), which no YAML holds, by page."""
SAID = "≤≥<%+"
"""Signs that are part of what a sentence says; all other punctuation is the typesetter's."""


@dataclass(frozen=True)
class Row:
    """A line of a table. `standard` is the last one named above it that has the item; empty where none has."""

    standard: str
    item: str
    text: str
    answered_by: str
    how: str


def names_of(card: Scorecard) -> set[str]:
    return {name for criterion in card.criteria for name, _ in items_of(criterion)}


def items_of(criterion: Criterion) -> Iterator[tuple[str, Part | None]]:
    """A criterion and its parts, by the ids under which pages and people name them."""
    yield criterion.id, None
    for number, part in enumerate(criterion.parts, 1):
        yield f"{criterion.id}-{number}", part


def rows_of(page: str) -> list[Row]:
    """Every row of a page, in order."""
    rows, named = [], dict[str, set[str]]()
    for line in page.splitlines():
        if head := HEAD.match(line):
            named[head[1]] = names_of(CARDS[head[1]])
        elif line.startswith("| ") and not line.startswith("| item "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            has = [name for name, items in named.items() if cells[0] in items]
            rows.append(Row(has[-1] if has else "", *cells))
    return rows


ROWS = {name: rows_of(page) for name, page in PAGES.items()}
OF = {head[1]: name for name, page in PAGES.items() for head in map(HEAD.match, page.splitlines()) if head}
"""The page of each standard."""


def bare(text: str) -> str:
    """A sentence without what only a typesetter decides."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum() or c in SAID)


def sentences(text: str) -> list[str]:
    return [bare(each) for each in re.split(r"[。；;｜]", text) if bare(each)]


def answers(part: Part) -> str:
    """What the cell of a part must say."""
    if part.open:
        return NOBODY
    if part.rule is not None:
        return {"": "call", "all": "suggestion", "hits": "call, person"}[part.needs_person]
    return measured(part.indicator)


def measured(indicator: str) -> str:
    if not indicator:
        return "person"
    return f"{'call' if indicator.startswith(CALLS) else 'feed'} `{indicator}`"


def answers_all(criterion: Criterion) -> str:
    """What the cell of a criterion must say: of its parts, each kind once."""
    if criterion.open:
        return NOBODY
    if not criterion.parts:
        return measured(criterion.indicator)
    kinds = [kind.split()[0] for part in criterion.parts for kind in answers(part).split(", ")]
    return ", ".join(dict.fromkeys(kinds))


def test_every_standard_has_a_page():
    assert OF.keys() == CARDS.keys()


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_item_has_one_row_that_says_what_answers_it(card):
    rows = [(row.item, row.answered_by) for row in ROWS[OF[card.name]] if row.standard == card.name]
    expected = [
        (name, answers_all(criterion) if part is None else answers(part))
        for criterion in card.criteria
        for name, part in items_of(criterion)
    ]
    assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_no_sentence_of_an_item_is_left_out(card):
    """Nor is one told under another item, nor a word in the row of a part that its sentence does not have."""
    rows = [row for row in ROWS[OF[card.name]] if row.standard == card.name]
    for criterion in card.criteria:
        own = dict(items_of(criterion))
        told = bare("".join(row.text for row in rows if row.item in own))
        assert [each for each in sentences(criterion.standard) if each not in told] == [], criterion.id
        printed = bare(criterion.standard)
        for row in rows:
            if own.get(row.item) is not None:
                assert [p for p in row.text.split("……") if bare(p) not in printed] == [], row.item


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_every_consequence_stands_beside_its_sentence(card):
    rows = {
        id: row for row in ROWS[OF[card.name]] if row.answered_by == "consequence" for id in row.item.split(", ")
    }
    for consequence in card.consequences:
        told = bare(rows[consequence.id].text)
        assert [each for each in sentences(consequence.standard) if each not in told] == [], consequence.id


def test_nothing_else_of_the_documents_is_dropped():
    """Each stands on its page, in the document's order and words."""
    pages = re.split(r"^# (\w+)\n", SENTENCES.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    printed = {page: text.splitlines() for page, text in zip(pages[::2], pages[1::2], strict=True)}
    assert {page: [row.text for row in rows if row.item == NOBODY] for page, rows in ROWS.items()} == printed


@pytest.mark.parametrize("page", PAGES)
def test_no_row_names_what_is_not_there(page):
    proposed = {each.id for name, on in OF.items() if on == page for each in CARDS[name].consequences}
    items = set().union(*(names_of(card) for card in CARDS.values()))
    for row in ROWS[page]:
        if row.answered_by == "consequence":
            assert set(row.item.split(", ")) <= proposed, row
        elif not row.standard:
            assert (row.item, row.answered_by) == (NOBODY, NOBODY), row
        if row.answered_by == NOBODY:
            assert row.how.startswith(WHY_NOT), row
        referred = re.findall(r"\b(?:KF0\d|SM|HC|H|T\d)-[\w-]*\w", re.sub(r"SM-2[23]-\w+", "", row.how))
        assert set(referred) <= items, row
        assert set(
            re.findall(r"`((?:calls|tickets|orders|satisfaction|callbacks|exams|chat|hours)\.\w+)`", row.how)
        ) <= (INDICATORS.keys()), row


@pytest.mark.parametrize("name", CARDS)
def test_the_head_names_the_revision(name):
    (revision,) = re.findall(rf"^Standard `{name}`, revision (\d+)", PAGES[OF[name]], re.MULTILINE)
    assert int(revision) == CARDS[name].revision


EXAMPLES = [json.loads(text) for page in PAGES.values() for text in EXAMPLE.findall(page)]


def test_every_standard_has_a_worked_number():
    assert {example["standard"] for example in EXAMPLES} == CARDS.keys()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example['standard']} {example['score']}")
def test_the_worked_numbers_are_those_of_the_product(example):
    """The score as printed there, computed by hand in the text above it."""
    name, chosen = example["standard"], example.get("set")
    card = with_switches(bundled_scorecards()[name], chosen) if chosen else CARDS[name]
    trial = try_values(card, example["values"])
    assert trial.total == pytest.approx(example["total"], abs=5e-5)
    assert trial.possible == pytest.approx(example["possible"], abs=5e-5)
    assert (rounded(trial.score), trial.grade) == (example["score"], example["grade"])


NUMBERED = ("within_turns", "within_seconds", "turns_before", "at_most", "at_least")
"""Keys of a rule whose numbers a page must tell."""
NUMBER = re.compile(r"(?<![\w.-])\d+(?:\.\d+)?(?![\w-]|\.\d)")


def numbers_of(part: Part) -> set[str]:
    """The numbers by which a part is judged, as people write them; 0 is no number."""
    asked = [part.limit, None if part.at_least is None else 100 * part.at_least]
    for rule in part.rule.single() if part.rule else ():
        asked += [getattr(rule, key, None) for key in NUMBERED]
    return {f"{number:g}" for number in asked if number}


def told_in(how: str) -> set[str]:
    """The numbers of a cell, ids and names of keys left out."""
    return set(NUMBER.findall(re.sub(r"`[^`]*`|\b(?:KF0\d|SM|HC|H|T\d)-[\w-]*\w", "", how)))


PARTS = {
    (card.name, name): part
    for card in CARDS.values()
    for criterion in card.criteria
    for name, part in items_of(criterion)
    if part is not None
}


@pytest.mark.parametrize("page", PAGES)
def test_the_numbers_of_a_rule_are_those_of_its_row(page):
    """Within how many turns, rings, days: a number changed in one of the two places fails."""
    wrong = {}
    for row in ROWS[page]:
        part = PARTS.get((row.standard, row.item))
        if part is not None and (part.rule is not None or part.indicator):
            asked, told = numbers_of(part), told_in(row.how)
            if asked != told:
                wrong[row.item] = (asked, told, row.how)
    assert wrong == {}
