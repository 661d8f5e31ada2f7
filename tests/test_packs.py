"""Industry packs: the lists of a trade, switched on by line or deployment, and what they hear in sentences."""

import csv
from functools import cache
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from flows.cli import app
from flows.desk.rules import RulePorts
from flows.night.judgement import judge
from flows.policy.claims import lines_in_force
from flows.policy.library import library_of, titles_in_force
from flows.policy.policy import policy_of, search_digest
from flows.policy.trial import library_table
from flows.settings import Settings, load_settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings.titles import titles_of
from pipeline.lexicon import Lexicon, read_lexicon
from pipeline.lexicon.notation import OPEN_PLACES, spellings
from pipeline.policy.packs import industries, pack_files
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.builders import bundled, hearing

HERE = Path(__file__).parent
PACKS = tuple(industries())
SEEDS = HERE.parent / "models" / "classifiers" / "seeds" / "sentences"
SENTENCES = yaml.safe_load((HERE / "wording" / "packs.yaml").read_text(encoding="utf-8"))
TALK = ("坐席：您好，本次通话会录音", "客户：利息多少", "坐席：风险测评您随便勾", "客户：好")
LINES = """
lines:
  - {name: 理财, standard: kf01, queues: [理财], packs: [logistics, finance]}
  - {name: 快递, standard: kf01, queues: [快递], packs: []}
  - {name: 其他, standard: kf01, queues: [其他]}
"""
CARD = """
name: money
title: 理财热线考核
revision: 1
effective_from: 2026-01-01
source: 示例
lexicons: [finance_required]
levels: {符合: 1.0, 不符合: 0.0}
cutoffs: {符合: 1.0}
criteria:
  - id: A
    title: 录音告知
    standard: 告知本次通话录音。
    source_class: A
    points: 100
    parts:
      - {title: 录音, rule: {kind: heard, detector: industry_phrase, terms: [finance_recording]}}
"""


@cache
def lists(pack: str) -> tuple[Lexicon, Lexicon]:
    """What must not be said in a trade, and what has to be."""
    banned, required = map(read_lexicon, pack_files(pack))
    return banned, required


def hit(lexicon: Lexicon, texts) -> list[str]:
    return [text for text, hits in zip(texts, lexicon.search_all(list(texts)), strict=True) if hits]


@pytest.fixture
def written(tmp_path):
    """The settings of a deployment with lines as written."""

    def settings(text: str, **chosen) -> Settings:
        (tmp_path / "lines.yaml").write_text(text, encoding="utf-8")
        return Settings(lines=tmp_path / "lines.yaml", **chosen)

    return settings


# --- what is in them


@pytest.mark.parametrize("pack", PACKS)
def test_each_pack_says_what_has_to_be_said_and_what_must_not_be_with_source_and_date(pack):
    banned, required = lists(pack)
    assert [each.file.name for each in (banned, required)] == [f"{pack}_banned", f"{pack}_required"]
    assert (banned.detector, required.detector) == ("banned_wording", "industry_phrase")
    assert len(required.file.phrases) >= 8
    assert len(banned.file.phrases) >= 6
    for file in (banned.file, required.file):
        assert file.source
        assert file.date
        assert industries()[pack] in file.title
        for phrase in file.phrases:
            assert len({each for v in phrase.variants for each in spellings(v, {})}) >= 6, phrase.term
            assert min(len(phrase.examples), len(phrase.counterexamples)) >= 2, phrase.term


def test_every_file_of_the_folder_is_of_a_pack():
    every = {path.name for path in (Path("pipeline/policy/lexicons/packs")).glob("*.yaml")}
    assert every == {path.name for path in pack_files(*PACKS)}


def test_every_term_has_a_title_in_chinese_and_stands_in_one_list_alone():
    every = [each for pack in PACKS for each in lists(pack)]
    titles = titles_of([each.file for each in every])
    terms = [(each.detector, phrase.term) for each in (*every, bundled()["banned"]) for phrase in each.file.phrases]
    of_packs = [(each.detector, phrase.term) for each in every for phrase in each.file.phrases]
    assert len(of_packs) == len(set(of_packs))
    assert [term for term in of_packs if terms.count(term) > 1] == []
    assert [term for term in of_packs if titles.term(*term).isascii()] == []
    assert titles.detector("industry_phrase") == "行业话术"


@pytest.mark.parametrize("pack", PACKS)
def test_a_banned_wording_names_a_category_of_the_general_list_as_it_is_called_there(pack):
    banned, _ = lists(pack)
    assert banned.file.categories.items() <= bundled()["banned"].file.categories.items()


@pytest.mark.parametrize("pack", PACKS)
def test_what_is_banned_in_a_trade_is_not_banned_everywhere_already(pack):
    banned, _ = lists(pack)
    assert hit(bundled()["banned"], [text for phrase in banned.file.phrases for text in phrase.examples]) == []


@pytest.mark.parametrize("pack", PACKS)
def test_no_banned_wording_is_too_short_to_be_told_from_another(pack):
    """Under four syllables of its own a wording is found in what merely sounds like it."""
    banned, _ = lists(pack)
    every = {(p.term, each) for p in banned.file.phrases for v in p.variants for each in spellings(v, {})}
    assert [wording for wording in every if sum(char not in OPEN_PLACES for char in wording[1]) < 4] == []


def test_the_manual_names_every_pack_with_terms_that_it_has():
    manual = (HERE.parent / "docs" / "operating.md").read_text(encoding="utf-8").split("## Industry packs")[1]
    rows = [line.strip("| ").split(" | ") for line in manual.splitlines() if line.startswith("| `")]
    assert {name.strip("`"): industry for name, industry, *_ in rows} == industries()
    for name, _, required, banned in rows:
        for lexicon, named in zip(lists(name.strip("`")), (banned, required), strict=True):
            known = {title or term for term, title in lexicon.file.declaration.terms.items()}
            assert set(named.split(", ")) <= known


# --- what they hear


def test_sentences_written_before_the_lists_are_heard():
    """0.93 of 109 and 0.92 of 77, by the hand that then wrote the lists: see docs/measured.md."""
    said = [
        (f"{pack}_{term}", hits)
        for pack, of in SENTENCES.items()
        for term, hits in zip(of["said"], lists(pack)[1].search_all(list(of["said"].values())), strict=True)
    ]
    banned = [(text, lists(pack)[0].search(text)) for pack, of in SENTENCES.items() for text in of["banned"]]
    assert sum(term in {each.phrase.term for each in hits} for term, hits in said) >= 0.9 * len(said)
    assert sum(bool(hits) for _, hits in banned) >= 0.9 * len(banned)


def test_hardly_a_courtesy_is_taken_for_a_fault():
    fine = {pack: (*of["fine"], *of["said"].values()) for pack, of in SENTENCES.items()}
    assert sum(len(hit(lists(pack)[0], texts)) for pack, texts in fine.items()) <= 2


def test_sentences_of_a_trade_that_are_no_faults_are_hardly_taken_for_one():
    """One of 5,719 by 23 authors, who wrote for the classifier and before the packs."""
    faults = set(bundled()["banned"].file.categories)
    fine: dict[str, list[str]] = {pack: [] for pack in PACKS}
    trades = {industry: pack for pack, industry in industries().items()}
    for path in sorted(SEEDS.glob("*.csv")):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            pack = trades.get(row["scene"].split()[0])
            if pack and row["role"] == "agent" and not faults & set(row["labels"].split()):
                fine[pack].append(row["text"])
    taken = [text for pack, texts in fine.items() for text in hit(lists(pack)[0], texts)]
    assert sum(map(len, fine.values())) > 3000
    assert len(taken) <= 0.002 * sum(map(len, fine.values())), taken


# --- switched on


def test_they_are_off_until_they_are_named():
    assert {each.file.name for each in library_of(Settings()).lexicons} == bundled().keys() - {"roles"}
    assert Settings(packs=("travel", "finance", "travel")) == Settings(packs=("finance", "travel"))


def test_a_pack_is_searched_for_and_changes_the_policy():
    card, on = find_scorecard("kf01"), Settings(packs=("finance",))
    heard = {
        (finding.detector, finding.term)
        for finding in judge(hearing(*TALK), policy_of("kf01", on))[0]
        if finding.detector in ("industry_phrase", "banned_wording")
    }
    assert heard == {("industry_phrase", "finance_recording"), ("banned_wording", "测评走过场")}
    assert not any(f.term in dict(heard).values() for f in judge(hearing(*TALK), policy_of("kf01", Settings()))[0])
    digests = [search_digest(card, Settings(packs=packs)) for packs in ((), ("finance",), ("finance", "travel"))]
    assert len(set(digests)) == 3
    assert titles_in_force(on).term("industry_phrase", "finance_recording") == "录音告知"


def test_a_standard_may_ask_for_what_a_pack_hears(tmp_path):
    (tmp_path / "money.yaml").write_text(CARD, encoding="utf-8")
    card = str(tmp_path / "money.yaml")
    with pytest.raises(PolicyError, match="没有叫“finance_required”的词库"):
        policy_of(card, Settings())
    assert judge(hearing(*TALK), policy_of(card, Settings(packs=("finance",))))[1].score == 100
    assert (
        judge(hearing(TALK[0][:5] + "请讲", *TALK[1:]), policy_of(card, Settings(packs=("finance",))))[1].score == 0
    )


def test_lines_switch_them_on_each_for_its_own_queues(written):
    lines = lines_in_force(written(LINES, packs=("travel",)))
    packs = {line.name: line.settings.packs for line in lines.lines}
    assert packs == {"理财": ("finance", "logistics"), "快递": (), "其他": ("travel",)}
    searched = {line.name: search_digest(line.card, line.settings) for line in lines.lines}
    assert len(set(searched.values())) == 3
    assert searched["快递"] == search_digest(find_scorecard("kf01"), Settings())


def test_a_term_of_the_pack_of_one_line_has_its_title_on_every_page(written):
    assert titles_in_force(written(LINES)).term("industry_phrase", "logistics_insured") == "保价告知"


def test_a_pack_that_there_is_not_is_told_with_those_that_there_are(written, monkeypatch):
    with pytest.raises(
        PolicyError, match="没有叫“bank”的行业包；可以写：housekeeping（家政）、property（物业）"
    ) as told:
        lines_in_force(written(LINES.replace("logistics", "bank")))
    assert told.value.line == 3
    monkeypatch.setenv("CALLQA_PACKS", '["bank"]')
    with pytest.raises(ConfigurationError, match=r"^CALLQA_PACKS: 没有叫“bank”的行业包.*finance（金融）"):
        load_settings()


def test_they_are_listed_whether_on_or_off_and_can_be_tried():
    names, kinds = (list(column.cells) for column in library_table(Settings(packs=("finance",))).columns[:2])
    kind_of = dict(zip(map(str, names), map(str, kinds), strict=True))
    assert {path.name.removesuffix(".yaml") for path in pack_files(*PACKS)} <= kind_of.keys()
    assert kind_of["finance_banned"] == "行业包 finance"
    assert "未启用" in kind_of["travel_required"]
    tried = CliRunner().invoke(app, ["rule", "test", "travel_banned", "--on", "坐席：不进店不行的"])
    assert "强制消费" in tried.output


def test_the_desk_shows_the_lists_of_a_pack_that_is_on(tmp_path):
    with Store.open(f"sqlite:///{tmp_path}/callqa.db") as store:
        shown = {file.name: file for file in RulePorts(store, Settings(packs=("finance",))).lists()}
        assert "finance_required" not in {file.name for file in RulePorts(store, Settings()).lists()}
    assert shown["finance_required"].title == "金融行业话术"
    assert not shown["finance_required"].own
