"""A phrase is found as it was heard, where it was heard, and only where it counts."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import PolicyError
from pipeline.lexicon import After, LexiconFile, bundled_lexicons, digest_of, lexicon_files, load_lexicon
from pipeline.lexicon.alignment import aligned
from pipeline.lexicon.confusions import EXTRA, HOMOPHONE, UNIT, sound_costs
from pipeline.lexicon.notation import A_DIGIT, ANYTHING, spellings
from pipeline.lexicon.patterns import DIGIT, compiled
from pipeline.lexicon.phonetics import SPOKEN_DIGITS, listen, listen_all
from pipeline.lexicon.seeds import candidates, sown
from pipeline.policy.packs import industries, pack_files
from tests.builders import bundled, lexicon

COMPANY = {"company": ("阳光家政", "紧修物业")}
BUNDLED = bundled()


def found(wanted, text: str, own=None) -> list[str]:
    """What is quoted of the text."""
    return [text[hit.start : hit.end] for hit in wanted.search(text, own)]


def terms(wanted, text: str, own=None) -> list[str]:
    return [hit.phrase.term for hit in wanted.search(text, own)]


def spoken_by(*variants: str, tolerance: float = 0.0, **parts):
    return lexicon({"variants": variants, "tolerance": tolerance, **parts})


def written(folder: Path, variants, **phrase) -> Path:
    """A lexicon file with one term."""
    path = folder / "phrases.yaml"
    fields = "".join(f"\n    {key}: {value}" for key, value in {"variants": json.dumps(variants), **phrase}.items())
    path.write_text(
        "name: test\nrevision: 1\ndetector: heard\ntitle: 测试\nphrases:\n"
        f"  - term: greeting\n    role: agent{fields}\n",
        encoding="utf-8",
    )
    return path


# --- notation


@pytest.mark.parametrize(
    ("variant", "said", "not_said"),
    [
        ("您好", ["您好", "喂，您好。", "您——好"], ["", "好", "您", "好您"]),
        ("[请问]有什么需要", ["请问有什么需要", "有什么需要"], ["请问有什么"]),
        ("[你|您]去告啊", ["你去告啊", "您去告啊", "去告啊"], ["去告"]),
        ("(感谢|谢谢)您(来电|致电)", ["感谢您来电", "谢谢您致电"], ["感谢您", "您来电", "感谢来电"]),
        ("(说了[过]|讲)吗", ["说了吗", "说了过吗", "讲吗"], ["说了过"]),
        (
            "工号{n}",
            ["工号100", "工号1002", "工号 一零零二", "工号幺洞两拐", "工号123456"],
            ["工号12", "工号您好吗"],
        ),
        ("这里是{x}公司", ["这里是某公司", "这里是阳光家公司"], ["这里是公司", "这里是一二三四公司"]),
        ("^讲$", ["讲", "讲。", "，讲"], ["请讲", "讲一下"]),
        ("^不行", ["不行", "不行，我不同意"], ["这样不行"]),
        ("怎么知道$", ["我怎么知道", "怎么知道？"], ["怎么知道呢"]),
        ("12315", ["12315", "一二三一五"], ["12345"]),
        ("SLA", ["SLA", "sla超了"], ["SL"]),
        ("我姓{姓}$", ["我姓孙", "我姓欧阳"], ["我姓", "我姓欧阳春"]),
        ("工号{工号}", ["工号1002", "工号幺零零二"], ["工号是的", "工号12"]),
        (
            "{时间}(之前|前|内|之内)给您回复",
            ["今天下班前给您回复", "24小时内给您回复", "三个工作日之内给您回复", "明天下午三点半之前给您回复"],
            ["尽快给您回复", "之前给您回复"],
        ),
    ],
)
def test_a_variant_stands_for_its_wordings_and_no_others(variant, said, not_said):
    wanted = spoken_by(variant)
    assert [text for text in said if not found(wanted, text)] == []
    assert [text for text in not_said if found(wanted, text)] == []


@pytest.mark.parametrize(
    ("variants", "problem"),
    [
        *[
            ([wrong], "bracket")
            for wrong in ("[请问", "请问]", "(您|你好", "您)好", "{n号", "n}号", "您好|你好", "(a|[b)c]")
        ],
        *[([wrong], "no slot") for wrong in ("{m}号", "{单位}", "这里是{Company}")],
        *[
            ([wrong], "not spoken")
            for wrong in ("喂，说话", "您 好", "您好^", "$您好", "(^您|你)好", "#号", "*号", "你\\好")
        ],
        *[([wrong], "no syllable") for wrong in ("{n}", "{x}{x}", "^{n}$")],
        *[(["您好", wrong], "empty") for wrong in ("", "^", "^$")],
    ],
)
def test_wrong_notation_names_file_and_term(tmp_path, variants, problem):
    with pytest.raises(PolicyError, match=problem) as caught:
        load_lexicon(written(tmp_path, variants))
    assert caught.value.path == str(tmp_path / "phrases.yaml")
    assert "term greeting" in caught.value.problem


@pytest.mark.parametrize(
    "variants",
    [["这里是{company}", "我是{name}", "{staff}为您服务"], ["这里是{公司}", "我是{姓名}", "{staff}为您服务"]],
)
def test_slots_are_filled_by_the_deployment_and_by_the_call(variants):
    wanted = lexicon({"variants": variants}, slots=COMPANY)
    own = {"name": ("林晓雯",), "staff": ("1001",)}
    for text in ("这里是阳光家政", "这里是紧修物业", "我是林小文", "一零零一为您服务", "1001为您服务"):
        assert found(wanted, text, own) == [text]
    assert found(wanted, "我是林晓雯，1001为您服务") == []
    assert found(wanted, "我是何静，1002为您服务，这里是别家公司", own) == []


@pytest.mark.parametrize("name", ["林 晓雯", "林·晓雯", "林晓雯（夜班）", "A-1001", "#1[", "（）", ""])
def test_any_name_in_the_record_can_be_looked_for(name):
    wanted = spoken_by("我是{name}", tolerance=0.1)
    said = f"您好我是{name}请讲"
    assert found(wanted, said, {"name": (name,)}) == (
        [f"我是{name.rstrip('）[')}"] if listen(name).characters else []
    )


@pytest.mark.parametrize(
    ("head", "phrases", "problem"),
    [
        ({"categories": {"rude": "粗鲁"}}, [{"category": "curt"}], "category 'curt' is none of categories: rude"),
        ({"categories": {"rude": "粗鲁"}}, [{}], "category '' is none of"),
        ({}, [{"category": "rude"}], "none of categories: none"),
        (
            {"categories": {"rude": "粗鲁", "curt": "生硬"}},
            [{"category": "rude"}, {"category": "curt"}],
            "two categories",
        ),
        ({"source": "词表"}, [{}], "source and date together"),
        ({}, [{"date": "2026-11-22"}], "source and date together"),
    ],
)
def test_categories_sources_and_dates_that_do_not_fit_are_refused(head, phrases, problem):
    term = {"term": "off", "role": "agent", "variants": ["走开"]}
    file = {
        "name": "own",
        "revision": 1,
        "detector": "own",
        "title": "用语",
        "phrases": [term | p for p in phrases],
    }
    with pytest.raises(ValueError, match=problem):
        LexiconFile.model_validate(file | head)


# --- what a recogniser makes of a phrase


@pytest.mark.parametrize(
    ("name", "heard", "term"),
    [
        ("required", "感谢您的来订，再见", "thanks"),
        ("required", "谢谢您的来定", "thanks"),
        ("required", "您好，阳光家证", "company"),
        ("required", "您好，阳光家正为您服务", "company"),
        ("required", "公号1002", "staff_id"),
        ("required", "公号一零零二", "staff_id"),
        ("required", "泥好", "greeting"),
        ("required", "请问有什么可以棒到您", "offer_help"),
        ("apology", "真诚的向您至歉", "sincere"),
        ("apology", "跟您支欠", "sincere"),
        ("complaint", "我要投宿你们", "complaint"),
        ("complaint", "叫你们主观来", "complaint"),
        ("banned", "这不归我馆", "不归我管"),
        ("banned", "省经病", "辱骂"),
    ],
)
def test_phrases_are_found_as_whisper_writes_them(name, heard, term):
    assert term in terms(BUNDLED[name], heard)


def test_a_long_phrase_may_cost_its_tolerance_and_no_more():
    strict, loose = (spoken_by("感谢您的来电", tolerance=tolerance) for tolerance in (0.0, 0.15))
    for text, is_loose in [
        ("感谢您的来订", True),
        ("感谢您来电", True),
        ("感谢您的呃来电", True),
        ("感谢您来定", False),
    ]:
        assert found(strict, text) == []
        assert bool(found(loose, text)) is is_loose


def test_a_short_phrase_tolerates_sound_alikes_only():
    for strict in (True, False):
        wanted = spoken_by("来电", "家政", "工号", "林晓雯", tolerance=0.0 if strict else 0.5)
        assert found(wanted, "来店，家证，公号，临小文") == ["来店", "家证", "公号", "临小文"]
        assert found(wanted, "家真公司") == (
            [] if strict else ["家真"]
        )  # zhen for zheng: one of the closest sounds
        for text in ("来订", "来", "来的电", "空号", "宫后", "您肖雯"):
            assert found(wanted, text) == []


def test_the_exact_wording_is_the_likeliest():
    wanted = spoken_by("感谢您的来电", tolerance=0.2)
    likeness = [
        wanted.search(text)[0].likeness for text in ("感谢您的来电", "感谢您的来店", "敢谢您的来店", "感谢您的来订")
    ]
    assert likeness[0] == 1.0
    assert likeness == sorted(likeness, reverse=True)
    assert len(set(likeness)) == 4


@pytest.mark.parametrize("before", [0, 1, 7, 10, 999, 20_000])
def test_the_place_in_a_long_call_changes_nothing(before):
    noise = "天地玄黄" * (before // 4) + "天" * (before % 4)
    for phrase, tolerance, heard in [
        ("问候管理", 0.0, "文后管理"),
        ("请问有什么需要帮忙", 0.2, "请问有什么许要嗯帮忙"),
    ]:
        (hit,) = spoken_by(phrase, tolerance=tolerance).search(noise + heard + "天地玄黄")
        assert (hit.start, hit.end) == (before, before + len(heard))


HOMOPHONES = {"感": "敢赶", "谢": "写泻", "致": "至志", "电": "店点", "管": "馆惯", "理": "里力", "处": "出初"}
PHRASE = "".join(HOMOPHONES)
UNLIKE = "发配粉法喷破泼扑坡朋码谋佛"
NOISE = st.text(st.sampled_from(UNLIKE + "，。？ \n12Az😊"), max_size=30)


def test_the_noise_is_unlike_the_phrase():
    sounds, noise = listen(PHRASE).syllables, listen(UNLIKE + "12Az").syllables
    assert sound_costs()[np.ix_(sounds, noise)].min() >= 0.4 * UNIT


@given(
    before=NOISE,
    after=NOISE,
    heard=st.tuples(*(st.sampled_from(c + others) for c, others in HOMOPHONES.items())),
    blanks=st.tuples(*(st.sampled_from(["", "", "，", " ", "——"]) for _ in PHRASE[1:])),
)
def test_a_phrase_in_noise_is_found_at_its_exact_place(before, after, heard, blanks):
    planted = heard[0] + "".join(map("".join, zip(blanks, heard[1:], strict=True)))
    (hit,) = spoken_by(PHRASE, tolerance=0.1).search(before + planted + after)
    assert (hit.start, hit.end) == (len(before), len(before) + len(planted))
    others = sum(a != b for a, b in zip(heard, PHRASE, strict=True))
    assert hit.likeness == pytest.approx(1 - others * HOMOPHONE / UNIT / len(PHRASE))


SAID = sorted({c for each in BUNDLED.values() for phrase in each.file.phrases for v in phrase.variants for c in v})


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(sorted(BUNDLED)),
    st.one_of(st.text(max_size=40), st.text(st.sampled_from(SAID), max_size=40)),
    st.text(max_size=4),
)
def test_any_text_is_searched_and_every_hit_lies_in_it(name, text, agent):
    wanted = BUNDLED[name]
    hits = wanted.search(text, {"name": (agent,), "staff": (agent,)})
    assert hits == sorted(hits, key=lambda hit: (hit.start, hit.end))
    for n, hit in enumerate(hits):
        assert 0 <= hit.start < hit.end <= len(text)
        assert 0 < hit.likeness <= 1
        rivals = [h for h in hits[n + 1 :] if wanted.file.overlaps != "all" or h.phrase.term == hit.phrase.term]
        assert all(hit.end <= rival.start for rival in rivals)


# --- nothing is lost


def oracle(wanted, text: str) -> set[tuple[str, int, int, int]]:
    """Every hit that the exhaustive alignment finds: variant, place and cost, spelling by spelling.

    Sellers' table over the whole text, for each ending the cheapest way and of these the shortest.
    """
    sounds = listen(text)
    hits = set()
    patterns = compiled([(phrase, v) for phrase in wanted.file.phrases for v in phrase.variants], wanted.slots)
    for n, spelling in enumerate(patterns.spellings):
        length, allowed = int(patterns.lengths[n]), int(patterns.allowed[n])
        symbols = patterns.symbols[n, :length].tolist()
        row = [(0, -j) for j in range(len(sounds) + 1)]
        for symbol in symbols:
            own, after = int(patterns.characters[symbol]), []
            skipped = int(patterns.missing[symbol])
            for j, (cost, start) in enumerate(row):
                ways = [(cost + skipped, start)]
                if j:
                    heard, character = int(sounds.syllables[j - 1]), sounds.characters[j - 1]
                    own_place = own == ord(character) or (own == DIGIT and character in SPOKEN_DIGITS)
                    hearing = 0 if own_place else int(patterns.heard[symbol, heard])
                    ways += [(row[j - 1][0] + hearing, row[j - 1][1]), (after[-1][0] + EXTRA, after[-1][1])]
                after.append(min(ways))
            row = after
        ends = row[1:]
        for j, (cost, minus_start) in enumerate(ends):
            is_beside_better = j > 0 and ends[j - 1][0] < cost
            if cost > allowed or is_beside_better or -minus_start > j:
                continue
            if (spelling.variant.startswith("^") and minus_start) or (
                spelling.variant.endswith("$") and j + 1 < len(sounds)
            ):
                continue
            places = sounds.positions
            hits.add((spelling.variant, int(places[-minus_start]), int(places[j]) + 1, cost))
    return hits


def matched(wanted, texts) -> list[set[tuple[str, int, int, int]]]:
    """What the search finds before guards and rivals."""
    patterns = compiled([(phrase, v) for phrase in wanted.file.phrases for v in phrase.variants], wanted.slots)
    heard = listen_all(texts)
    matches = aligned(patterns, candidates(patterns, sown(patterns), heard), heard)
    found: list[set[tuple[str, int, int, int]]] = [set() for _ in texts]
    for n, start, end, cost in zip(matches.patterns, matches.starts, matches.ends, matches.costs, strict=True):
        text = int(np.searchsorted(heard.begins, start, "right")) - 1
        variant = patterns.spellings[n].variant
        found[text].add((variant, int(heard.positions[start]), int(heard.positions[end - 1]) + 1, int(cost)))
    return found


SYLLABLES = "银行长大还款归还都好的得地重新再见在建先现生申电订店感谢您泥你好号来投诉宿家政郑证一二三"
VARIANT = st.lists(
    st.sampled_from([*SYLLABLES, *SYLLABLES, "{x}", "{n}", "[您好]", "(来电|银行)"]), min_size=1, max_size=7
).map("".join)


@st.composite
def heard_wrong(draw) -> tuple[str, str]:
    """A variant, and a text with one of its spellings in it, some characters of it changed, lost or added."""
    core = draw(VARIANT) + draw(st.sampled_from(SYLLABLES))
    heard = list(draw(st.sampled_from(spellings(core, {}))).replace(A_DIGIT, "三").replace(ANYTHING, "某"))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(heard)))
        heard[place : place + draw(st.integers(0, 1))] = draw(st.text(SYLLABLES, max_size=1))
    noise = st.text(SYLLABLES + "，12a", max_size=8)
    text = draw(noise) + "".join(heard) + draw(noise)
    return draw(st.sampled_from(["", "", "^"])) + core + draw(st.sampled_from(["", "", "$"])), text


@settings(max_examples=300, deadline=None)
@given(
    st.lists(heard_wrong(), min_size=1, max_size=3, unique_by=lambda pair: pair[0]),
    st.sampled_from([0.0, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5]),
)
def test_the_search_finds_what_the_exhaustive_alignment_finds(pairs, tolerance):
    wanted = lexicon({"variants": [variant for variant, _ in pairs], "tolerance": tolerance})
    texts = [text for _, text in pairs]
    assert matched(wanted, texts) == [oracle(wanted, text) for text in texts]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(heard_wrong(), min_size=2, max_size=4, unique_by=lambda pair: pair[0]),
    st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.3, 0.5]), min_size=4, max_size=4),
    st.integers(1, 3),
)
def test_phrases_of_several_tolerances_crowd_one_batch(pairs, tolerances, times):
    """Bands of alignment of different widths share a table; none may take what lies in another's."""
    listed = [{"variants": [variant], "tolerance": t} for (variant, _), t in zip(pairs, tolerances, strict=False)]
    wanted = lexicon(*listed)
    texts = ["".join(text for _, text in pairs) * times, *(text * times for _, text in pairs)]
    assert matched(wanted, texts) == [oracle(wanted, text) for text in texts]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["apology", "complaint", "proactive"]),
    st.lists(st.text(st.sampled_from(SAID), max_size=25), min_size=1, max_size=2),
)
def test_of_the_bundled_phrases_nothing_is_lost_either(name, texts):
    wanted = BUNDLED[name]
    assert matched(wanted, texts) == [oracle(wanted, text) for text in texts]


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(sorted(BUNDLED)),
    st.lists(st.text(st.sampled_from(SAID), max_size=30), max_size=6),
)
def test_many_texts_are_searched_as_each_alone(name, texts):
    own = {"name": ("林晓雯",), "staff": ("1001",)}
    assert BUNDLED[name].search_all(texts, own) == [BUNDLED[name].search(text, own) for text in texts]


# --- guards


@pytest.mark.parametrize(
    ("guards", "heard", "missed"),
    [
        (
            {"unless_before": ["不会", "您说"]},
            ["别啰嗦", "会别啰嗦", "不会，别啰嗦", "我不会。别啰嗦"],
            ["不会说别啰嗦", "您说“别啰嗦”", "不会、对您讲：别啰嗦"],
        ),
        (
            {"unless_after": ["这种话"]},
            ["别啰嗦这样的", "别啰嗦，这种话我说过吗"],
            ["别啰嗦这种话", "别啰嗦……之类的这种话"],
        ),
    ],
)
def test_a_wording_nearby_takes_a_hit_back(guards, heard, missed):
    for wanted in (spoken_by("别啰嗦", **guards), lexicon({"variants": ["别啰嗦"]}, **guards)):
        assert [text for text in heard if not found(wanted, text)] == []
        assert [text for text in missed if found(wanted, text)] == []


def test_a_guard_counts_by_its_sound_from_two_syllables_on():
    wanted = spoken_by("别啰嗦", unless_before=["您说", "没"])
    assert found(wanted, "您硕别啰嗦") == found(wanted, "没别啰嗦") == []
    assert found(wanted, "每次别啰嗦") == ["别啰嗦"], "每 sounds like 没"


def test_a_second_piece_of_evidence_is_asked_for_in_the_same_turn():
    wanted = spoken_by("不行", with_any=["退款", "规定"])
    assert found(wanted, "不行，按规定办") == found(wanted, "说到退宽，不行") == ["不行"]
    assert found(wanted, "这样行不行") == found(wanted, "不行") == []


def test_what_stands_anywhere_in_the_turn_may_take_a_hit_back():
    wanted = spoken_by("不归我管", unless_any=["我帮您"])
    assert found(wanted, "我帮您问了，这个不归我管") == found(wanted, "不归我管，没关系，我邦您转过去") == []
    assert found(wanted, "不归我管，你爱找谁找谁") == ["不归我管"]


def test_a_guard_reaches_eight_characters_and_one_hit():
    wanted = spoken_by("别啰嗦", unless_before=["不会"])
    assert found(wanted, "不会一二三四五六别啰嗦") == []
    assert found(wanted, "不会一二三四五六七别啰嗦") == ["别啰嗦"]
    (hit,) = wanted.search("我不会说别啰嗦的我只是想请您先听我讲完别啰嗦")
    assert hit.start == 19


def test_a_hit_that_is_taken_back_makes_room_for_another():
    wanted = lexicon(
        {"term": "投诉", "variants": ["我要投诉你们"], "unless_after": ["吗"]},
        {"term": "找人", "variants": ["投诉你们"]},
        overlaps="best",
    )
    assert terms(wanted, "我要投诉你们。") == ["投诉"]
    assert terms(wanted, "我要投诉你们吗") == ["找人"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("banned", "我们绝不会说神经病这种话"),
        ("banned", "您说我让您随便投诉"),
        ("complaint", "我不是要投诉"),
        ("apology", "凭什么跟你道歉"),
        ("apology", "您说声对不起有什么用"),
    ],
)
def test_the_bundled_guards_spare_negation_and_quoting(name, text):
    assert terms(BUNDLED[name], text) == []


# --- hits at one place


@pytest.mark.parametrize(
    ("overlaps", "kept"),
    [("all", ["行了", "行了吧", "对不起"]), ("best", ["行了吧", "对不起"]), ("first", ["行了", "对不起"])],
)
def test_overlapping_terms_are_all_kept_or_the_best_or_the_first(overlaps, kept):
    listed = [{"term": term, "variants": [term]} for term in ("行了", "对不起", "行了吧")]
    assert sorted(terms(lexicon(*listed, overlaps=overlaps), "行了吧对不起")) == sorted(kept)


def test_hits_of_one_term_never_overlap():
    wanted = spoken_by("您好", "您好啊", "好啊")
    assert found(wanted, "您好啊，您好您好") == ["您好啊", "您好", "您好"]


# --- files


def test_a_phrase_may_have_to_follow_an_event(tmp_path):
    wanted = load_lexicon(
        written(tmp_path, ["您好"], zone="after", after="{detector: complaint, term: complaint, turns: 3}")
    )
    (phrase,) = wanted.file.phrases
    assert phrase.after == After(detector="complaint", term="complaint", turns=3)


def test_a_file_is_loaded_with_its_examples(tmp_path):
    path = written(tmp_path, ["您好"], examples="[您好请讲, 您号]", counterexamples="[再见]", tolerance=0.1)
    wanted = load_lexicon(path)
    assert wanted.detector == "heard"
    assert wanted.version.startswith("test-1-")
    assert found(wanted, "喂您好") == ["您好"]


@pytest.mark.parametrize(
    ("phrase", "problem"),
    [
        ({"examples": "[您好, 再见]"}, "not found in its example '再见'"),
        ({"counterexamples": "[喂, 您好啊]"}, "found in its counterexample '您好啊'"),
        ({"examples": "[不要您好]", "unless_before": "[不要]"}, "not found in its example"),
    ],
)
def test_an_example_that_does_not_hold_is_refused(tmp_path, phrase, problem):
    with pytest.raises(PolicyError, match=f"term greeting is {problem}"):
        load_lexicon(written(tmp_path, ["您好"], **phrase))


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        (9, {"tolerence": 0.1}),
        (9, {"tolerance": 0.9}),
        (9, {"zone": "begin"}),
        (9, {"severity": "bad"}),
        (9, {"examples": "您好"}),
        (8, {"variants": "[]"}),
        (8, {"variants": "[12315]"}),
        (9, {"role": "agent"}),
        (9, {"after": "{detector: complaint}"}),
        (9, {"after": "{detector: complaint, turns: 2, seconds: 30}"}),
        (6, {"zone": "after"}),
        (6, {"after": "{detector: complaint, turns: 2}"}),
    ],
)
def test_a_mistake_in_a_field_names_its_line(tmp_path, line, phrase):
    with pytest.raises(PolicyError) as caught:
        load_lexicon(written(tmp_path, phrase.pop("variants", ["您好"]), **phrase))
    assert caught.value.line == line


def test_phrases_share_guards_by_name(tmp_path):
    path = written(tmp_path, ["不归我们"], unless_any='["{helped}", 我去问]', unless_after='["{helped}"]')
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("phrases:", "guards: {helped: [帮您, 转给]}\nphrases:"), encoding="utf-8")
    wanted = load_lexicon(path)
    assert found(wanted, "这个不归我们") == ["不归我们"]
    for helping in ("不归我们，我帮您转", "这个我转给维修了，不归我们", "不归我们，我去问", "不归我们帮您"):
        assert found(wanted, helping) == []


def test_a_guard_that_the_file_does_not_name_is_refused(tmp_path):
    with pytest.raises(
        PolicyError, match=r"term greeting: unless_any names \{helped\}, which is none of the file's"
    ):
        load_lexicon(written(tmp_path, ["不归我们"], unless_any='["{helped}"]'))


def test_the_bundled_lists_hold_what_the_truth_files_name():
    by_name = {name: {phrase.term for phrase in each.file.phrases} for name, each in BUNDLED.items()}
    assert by_name["required"] == {
        *("greeting", "company", "staff_id", "offer_help"),
        *("anything_else", "thanks", "goodbye"),
    }
    assert by_name["apology"] == {"sincere", "social", "perfunctory", "polite"}
    assert by_name["complaint"] == {"complaint"}
    detectors = {name: each.detector for name, each in BUNDLED.items() if name != "roles"}
    assert detectors == {
        "required": "required_phrase",
        "banned": "banned_wording",
        "apology": "apology",
        "complaint": "complaint",
        "empathy": "empathy",
        "proactive": "proactive_offer",
        "vague": "vague_wording",
        **{name: name for name in (*OF_AGENTS, "customer_event")},
    }
    assert by_name["proactive"] == {"offer"}
    assert by_name["empathy"] == {"soothing", "apology", "disclaimed"}
    roles = {(name, p.role) for name, each in BUNDLED.items() for p in each.file.phrases if name != "roles"}
    of_agents = ("required", "banned", "apology", "empathy", "proactive", "vague", *OF_AGENTS)
    of_customers = ("complaint", "customer_event")
    assert roles == {(name, "agent") for name in of_agents} | {(name, "customer") for name in of_customers}


OF_AGENTS = ("hold_wording", "handling", "agent_event", "confirmation", "slots_asked", "addressing", "housekeeping")
"""Lists of what agents say beyond the required phrases, each the only one of its detector."""


@pytest.mark.parametrize("name", sorted(BUNDLED))
def test_every_bundled_term_is_tried_on_two_examples_and_two_counterexamples(name):
    for phrase in BUNDLED[name].file.phrases:
        assert min(len(phrase.examples), len(phrase.counterexamples)) >= 2, phrase.term


@pytest.mark.parametrize("path", [*lexicon_files(), *pack_files(*industries())], ids=lambda path: path.name)
def test_shipped_wordings_are_found_in_their_examples(path):
    """What is shipped is not tried again where it runs."""
    assert load_lexicon(path, {"company": ("阳光家政",)}).file.phrases


def test_the_bundled_examples_hold_without_a_company_too():
    assert [each.file.name for each in bundled_lexicons()] == sorted(BUNDLED)


def test_every_banned_wording_is_found_as_it_is_written():
    banned = BUNDLED["banned"]
    for phrase in banned.file.phrases:
        plain = [v for v in phrase.variants if not set(v) & set("[](){}|^$")]
        for wording in plain:
            assert found(banned, wording), wording


def test_the_hash_covers_wording_and_slots(tmp_path):
    one = load_lexicon(written(tmp_path, ["您好"]))
    other = load_lexicon(written(tmp_path, ["你好"]))
    with_slots = load_lexicon(written(tmp_path, ["您好"]), COMPANY)
    assert len({digest_of(lists) for lists in ([one], [other], [with_slots], [one, other], [other, one], [])}) == 6
    assert digest_of([one]) == digest_of([load_lexicon(written(tmp_path, ["您好"]))])
