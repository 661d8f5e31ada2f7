"""What has to be said, complaints and apologies, in sentences written before the lists: how many are found."""

from functools import cache
from pathlib import Path

import pytest
import yaml

from pipeline.findings.detectors.phrases import phrase_findings
from pipeline.hearing.dialogue import hearing_of
from pipeline.lexicon import lexicon_files, load_lexicon

FOLDER = Path(__file__).parent / "wording"
SETS = ("required", "required_2", "required_3")
SPEAKERS = {"agent": "坐席", "customer": "客户"}


@cache
def sentences(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@cache
def lists(companies=()):
    wanted = ("required.yaml", "complaint.yaml", "apology.yaml")
    return tuple(load_lexicon(file, {"company": companies}) for file in lexicon_files() if file.name in wanted)


def terms_in(*lines, companies=()):
    """The terms found in a dialogue."""
    heard = hearing_of(lines)
    return {found.term for each in lists(companies) for found in phrase_findings(heard, each)}


def missed(name, term):
    """Sentences that hold a term and in which it is not found; a false hit is none of these."""
    who = SPEAKERS[sentences(name)[term]["role"]]
    return [said for said in sentences(name)[term]["said"] if term not in terms_in(f"{who}：{said}")]


def false_hits(name, term):
    who = SPEAKERS[sentences(name)[term]["role"]]
    return [said for said in sentences(name)[term]["not"] if term in terms_in(f"{who}：{said}")]


def found(name, term):
    """Of the sentences of a set: the share found, and how many of the others are hit."""
    lots = sentences(name)[term]
    return 1 - len(missed(name, term)) / len(lots["said"]), len(false_hits(name, term))


REQUIRED = ("greeting", "company", "staff_id", "offer_help", "anything_else", "thanks", "goodbye")
MOST_FALSE = {"complaint": 1}


@pytest.mark.parametrize("term", [*REQUIRED, "complaint", "sincere"])
def test_the_first_set_is_found(term):
    """Before: 8, 13, 14, 9, 13, 10 and 12 of 20; 7 of 40 complaints, 13 of 25 apologies; 24 of 125 others hit."""
    share, num_false = found("required", term)
    assert share >= 0.95
    assert num_false <= MOST_FALSE.get(term, 0)


@pytest.mark.parametrize("term", [*REQUIRED, "complaint", "sincere"])
def test_the_second_set_is_found(term):
    """First tried when the lists had been widened once: 63 of 70 required, 7 of 20 complaints, 12 of 12 apologies;
    11 of 69 others hit. Then kinds were mended."""
    share, num_false = found("required_2", term)
    assert share >= (0.8 if term == "company" else 0.9)
    assert num_false == 0


@pytest.mark.parametrize("term", [*REQUIRED, "complaint", "sincere"])
def test_the_third_set_is_found(term):
    """First tried after the second: 41 of 56 required, 3 of 20 complaints (roundabout ones, of purpose), 7 of 8
    apologies; 7 of 65 others hit. Then kinds were mended."""
    share, num_false = found("required_3", term)
    assert share >= 0.85
    assert num_false <= (1 if term in ("goodbye", "sincere") else 0)


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("您好，安心到家，请问有什么可以帮您", True),
        ("您好，安心到家", True),
        ("这里是蜂鸟搬家", True),
        ("平安普惠竭诚为您服务", True),
        ("您好，我是链家的小王", True),
        ("您好，张先生，请问您在家吗", False),
        ("您好，王芳，请问您在家吗", False),
        ("您好，三号楼二单元，请问您在家吗", False),
        ("您好，我是小王", False),
        ("我姓何", False),
        ("这里是信号不好", False),
        ("很高兴为您服务", False),
    ],
)
def test_a_company_is_known_by_its_place(said, holds):
    assert ("company" in terms_in(f"坐席：{said}")) is holds


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("您好，三腰里腰号", True),
        ("工号妖洞拐勾", True),
        ("幺三零五号客服", True),
        ("我姓何", True),
        ("您好，三零二号楼的业主", False),
        ("按二号键转客服", False),
        ("我叫师傅过去", False),
    ],
)
def test_a_staff_number_is_known_by_its_sound(said, holds):
    assert ("staff_id" in terms_in(f"坐席：{said}")) is holds


def test_a_name_of_our_own_is_found_wherever_it_stands():
    said = "坐席：喂嗯龙湖这边呢跟您说一下"
    assert "company" not in terms_in(said)
    assert "company" in terms_in(said, companies=("龙湖",))


def test_a_greeting_in_the_second_turn_and_a_goodbye_before_the_customers_last_word():
    talk = [
        "坐席：喂",
        "客户：喂，听得到吗",
        "坐席：听得到，您好，安心到家，工号三腰里腰，什么事您说",
        "客户：我家空调不制冷",
        "坐席：给您约明天上午，您看还有哪里不清楚吗",
        "客户：没有了",
        "坐席：谢谢您打过来，祝您生活愉快，再见",
        "客户：好的，再见，谢谢",
    ]
    assert set(REQUIRED) <= terms_in(*talk)
    assert not {"greeting", "company", "offer_help"} & terms_in("坐席：喂", *talk[1:2], "坐席：听得到", *talk[3:])


@pytest.mark.parametrize(
    ("said", "term"),
    [
        ("抱歉，但是这个真不归我们管", "polite"),
        ("很抱歉，今天已经约满了", "polite"),
        ("都怪我行了吧", "perfunctory"),
        ("非常抱歉，没有一次给您修好", "sincere"),
        ("这事怪我", "sincere"),
    ],
)
def test_an_apology_that_is_taken_back_or_refuses_is_not_sincere(said, term):
    assert terms_in(f"坐席：{said}") & {"sincere", "social", "polite", "perfunctory"} == {term}


if __name__ == "__main__":
    for name in SETS:
        for term, lots in sentences(name).items():
            lost, wrong = missed(name, term), false_hits(name, term)
            found = len(lots["said"]) - len(lost)
            print(f"{name} {term}: {found} of {len(lots['said'])} found, {len(wrong)} of {len(lots['not'])} false")
            for said in lost:
                print("   missed", said)
            for said in wrong:
                print("   false ", said)
