"""Recognition errors made on purpose, and how well phrases are still found: exactly, by rapidfuzz, and by callqa.

Knows the learned confusions and nothing of audio. What a simulation shows is how methods compare under one kind of
error; how good any of them is on calls is measured on calls (`pipeline.validation.accuracy.detection`).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray
from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz

from pipeline.lexicon import Lexicon, LexiconFile
from pipeline.lexicon.confusions import NATS, UNIT, UNRELATED, sound_costs
from pipeline.lexicon.notation import spellings
from pipeline.lexicon.phonetics import listen, syllable_names

HOMOPHONES, LOST, ADDED = 0.4, 0.12, 0.06
"""Of all errors: another character of the same sound, a character lost, one too many; the rest are other sounds.

About what was counted on the calls behind `pipeline/lexicon/confusions.csv`.
"""
TOLERANCE = 0.3  # for the simulation: what a hit is worth is then cut by its probability
LEAST_SYLLABLES, MOST_SYLLABLES = 5, 12
TOO_ALIKE = 72.0  # of two phrases, as rapidfuzz sees them: one would be found for the other with two errors
Pair = tuple[int, int]
"""A text and a phrase, by number."""

OPENERS = ("好的", "嗯", "那个", "这样吧", "是这样的", "麻烦您", "先生您好", "女士您好", "我看一下", "我跟您说")
TOPICS = (
    *("订单", "保洁", "空调", "门禁卡", "物业费", "快递", "洗衣机", "账单", "水表", "停车位", "合同", "发票"),
    *("月嫂", "积分", "路由器", "电梯"),
)
EVENTS = (
    *("昨天坏了", "还没送到", "已经三天了", "上周约的", "换过一次", "显示处理中", "明天能好吗", "价格不对"),
    *("没有人联系", "要重新登记"),
)
ACTS = ("提供", "核对", "确认", "登记", "查询", "反馈", "安排", "预约", "修改", "取消")
OBJECTS = (
    *("订单号码", "联系电话", "收货地址", "上门时间", "维修师傅", "退款进度", "会员积分", "服务合同", "身份信息"),
    *("开票资料", "配送范围"),
)
ASKING = ("请您", "麻烦您", "我帮您", "我马上给您", "需要您", "我们会为您")


@dataclass(frozen=True, slots=True)
class SearchScore:
    """Right pairs found, of all that were found and of all that are right."""

    method: str
    found: int
    alarms: int
    said: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1.0 where nothing was found.

        Examples
        --------
        >>> SearchScore("exact", found=3, alarms=1, said=6).precision
        0.75
        """
        return self.found / (self.found + self.alarms) if self.found + self.alarms else 1.0

    @property
    def recall(self) -> float:
        """Share of what was said that was found.

        Examples
        --------
        >>> SearchScore("exact", found=3, alarms=1, said=6).recall
        0.5
        """
        return self.found / self.said if self.said else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both.

        Examples
        --------
        >>> SearchScore("exact", found=3, alarms=1, said=6).f1
        0.6
        """
        total = 2 * self.found + self.alarms + self.said - self.found
        return 2 * self.found / total if total else 1.0

    @property
    def missed(self) -> int:
        """Right pairs that were not found.

        Examples
        --------
        >>> SearchScore("exact", found=3, alarms=1, said=6).missed
        3
        """
        return self.said - self.found


@dataclass(frozen=True)
class Corpus:
    """Phrases, clean texts, and which phrase is said in which text."""

    phrases: tuple[str, ...]
    texts: tuple[str, ...]

    @cached_property
    def said(self) -> frozenset[Pair]:
        """The pairs of text and phrase that are right.

        Examples
        --------
        >>> sorted(Corpus(("没有办法",), ("这个没有办法。", "好的")).said)
        [(0, 0)]
        """
        return exact(self.phrases, self.texts)

    @cached_property
    def undecided(self) -> frozenset[Pair]:
        """Pairs in which almost the phrase is said, 没办法 for 没有办法: finding it is neither right nor wrong.

        Examples
        --------
        >>> sorted(Corpus(("没有办法",), ("这个没办法", "好的")).undecided)
        [(0, 0)]
        """
        alike = by_rapidfuzz(self.phrases, self.texts) >= TOO_ALIKE
        return frozenset((int(n), int(m)) for n, m in zip(*np.nonzero(alike), strict=True)) - self.said


def make_corpus(phrases: Sequence[str], lines: Sequence[str], num_texts: int, seed: int) -> Corpus:
    """Texts out of clauses of true lines and of templates, a phrase in every second of them.

    Examples
    --------
    >>> made = make_corpus(["没有办法"], ["我要退款，谢谢"], num_texts=4, seed=1)
    >>> len(made.texts), sorted(n for n, _ in made.said)
    (4, [1, 3])
    """
    chance = random.Random(seed)
    clauses = [c for line in lines for c in line.replace("。", "，").replace("？", "，").split("，") if c]
    texts = []
    for n in range(num_texts):
        around = [chance.choice(clauses), _clause(chance)]
        chance.shuffle(around)
        middle = [chance.choice(phrases)] if n % 2 else []
        texts.append("，".join([around[0], *middle, around[1]]))
    return Corpus(tuple(phrases), tuple(texts))


def phrases_of(
    lexicons: Iterable[Lexicon], number: int, seed: int, *, least: int = LEAST_SYLLABLES
) -> tuple[str, ...]:
    """Phrases without open places, no two too much alike: of the lexicons, then made up of what services say.

    They have at least `least` and at most `MOST_SYLLABLES` syllables.

    Examples
    --------
    >>> chosen = phrases_of([], 3, seed=1)
    >>> len(chosen), all(LEAST_SYLLABLES <= len(phrase) <= MOST_SYLLABLES for phrase in chosen)
    (3, True)
    """
    chance = random.Random(seed)
    listed = [
        spelling for each in lexicons for p in each.file.phrases for v in p.variants for spelling in _plain(v)
    ]
    made = ["".join(words) for words in product(ASKING, ACTS, OBJECTS)]
    made += [f"{opener}{topic}{event}" for opener, topic, event in product(OPENERS, TOPICS, EVENTS)]
    chance.shuffle(listed)
    chance.shuffle(made)
    chosen: list[tuple[str, str]] = []
    for phrase in [*listed, *made]:
        sound = _pinyin(phrase)
        if least <= len(phrase) <= MOST_SYLLABLES and all(
            fuzz.ratio(sound, other) < TOO_ALIKE for _, other in chosen
        ):
            chosen.append((phrase, sound))
            if len(chosen) == number:
                break
    return tuple(phrase for phrase, _ in chosen)


def corrupt(text: str, error_rate: float, chance: random.Random) -> str:
    """`text` as a recogniser might hear it, each character wrong with probability `error_rate`.

    Punctuation is left out, as recognisers leave it out on the telephone.

    Examples
    --------
    >>> corrupt("您好，请问", 0.0, random.Random(1))
    '您好请问'
    """
    sounds = listen(text)
    heard = []
    for character, sound in zip(sounds.characters, sounds.syllables.tolist(), strict=True):
        if chance.random() >= error_rate or sound >= len(syllable_names()):
            heard.append(character)
            continue
        kind = chance.random()
        if kind < LOST:
            continue
        if kind < LOST + ADDED:
            heard.append(character + chance.choice(_characters()[chance.choice(sorted(_characters()))]))
            continue
        same = _characters().get(sound, "").replace(character, "")
        if kind < LOST + ADDED + HOMOPHONES and same:
            heard.append(chance.choice(same))
        else:
            others, weights = _taken_for(sound)
            heard.append(chance.choice(_characters()[chance.choices(others, weights)[0]]))
    return "".join(heard)


def exact(phrases: Sequence[str], texts: Sequence[str]) -> frozenset[Pair]:
    """The pairs of text and phrase that a search for the written words finds, punctuation aside.

    Examples
    --------
    >>> sorted(exact(["请稍等", "再见"], ["好的，请稍等。", "请稍。等，再见"]))
    [(0, 0), (1, 0), (1, 1)]
    """
    return frozenset((n, m) for n, text in enumerate(texts) for m in _within(phrases, text))


def by_rapidfuzz(phrases: Sequence[str], texts: Sequence[str]) -> NDArray[np.float64]:
    """The usual fuzzy match: `partial_ratio` of the toneless pinyin, 0..100, float64 (num_texts, num_phrases).

    Examples
    --------
    >>> by_rapidfuzz(["请稍等"], ["好的请稍登", "再见"]).round().tolist()
    [[100.0], [40.0]]
    """
    sounds = [_pinyin(phrase) for phrase in phrases]
    scores = np.zeros((len(texts), len(phrases)))
    for n, text in enumerate(texts):
        heard = _pinyin(text)
        for m, sound in enumerate(sounds):
            scores[n, m] = fuzz.partial_ratio(heard, sound) if len(heard) >= len(sound) / 2 else 0.0
    return scores


def by_callqa(phrases: Sequence[str], texts: Sequence[str], tolerance: float = TOLERANCE) -> NDArray[np.float64]:
    """The probability of the best hit of each phrase, float64 (num_texts, num_phrases); 0 without one.

    Examples
    --------
    >>> (by_callqa(["请您稍等一下"], ["好的请您稍登一下", "再见"]) > 0.5).tolist()
    [[True], [False]]
    """
    scores = np.zeros((len(texts), len(phrases)))
    for n, hits in enumerate(as_lexicon(phrases, tolerance).search_all(texts)):
        for hit in hits:
            m = int(hit.phrase.term)
            scores[n, m] = max(scores[n, m], hit.probability)
    return scores


def as_lexicon(phrases: Sequence[str], tolerance: float = TOLERANCE) -> Lexicon:
    """The lexicon in which every phrase is a term, named by its number.

    Examples
    --------
    >>> [phrase.term for phrase in as_lexicon(["请稍等", "再见"]).file.phrases]
    ['0', '1']
    """
    listed = [
        {"term": str(n), "role": "agent", "variants": [phrase], "tolerance": tolerance}
        for n, phrase in enumerate(phrases)
    ]
    described = {"name": "simulation", "revision": 1, "detector": "simulation", "title": "仿真"}
    return Lexicon(LexiconFile.model_validate({**described, "phrases": listed}), "", {})


def score_search(method: str, found: frozenset[Pair], said: frozenset[Pair]) -> SearchScore:
    """The score of what was found, held against what was said.

    Examples
    --------
    >>> score_search("exact", frozenset({(0, 0), (1, 0)}), frozenset({(0, 0)}))
    SearchScore(method='exact', found=1, alarms=1, said=1)
    """
    return SearchScore(method, len(found & said), len(found - said), len(said))


def at_best(method: str, scores: NDArray[np.float64], said: frozenset[Pair]) -> SearchScore:
    """The score of a method at the threshold of its best F1.

    Examples
    --------
    >>> at_best("fuzzy", np.array([[0.9], [0.4]]), frozenset({(0, 0)}))
    SearchScore(method='fuzzy', found=1, alarms=0, said=1)
    """
    return max(_at_thresholds(method, scores, said), key=lambda each: each.f1)


def at_precision(method: str, scores: NDArray[np.float64], said: frozenset[Pair], least: float) -> SearchScore:
    """The score of a method at the threshold with the most found, of those with at least that precision.

    Examples
    --------
    >>> at_precision("fuzzy", np.array([[0.9], [0.4]]), frozenset({(1, 0)}), least=0.5)
    SearchScore(method='fuzzy', found=1, alarms=1, said=1)
    """
    good = [each for each in _at_thresholds(method, scores, said) if each.precision >= least]
    return max(good, key=lambda each: each.found, default=SearchScore(method, 0, 0, len(said)))


def compare_methods(clean: Corpus, error_rate: float, seed: int) -> tuple[SearchScore, ...]:
    """Exact match, rapidfuzz at its best, callqa at its best, and callqa at the precision of exact match."""
    chance = random.Random(seed)
    texts = [corrupt(text, error_rate, chance) for text in clean.texts]
    literal = score_search("exact", exact(clean.phrases, texts) - clean.undecided, clean.said)
    usual, ours = by_rapidfuzz(clean.phrases, texts), by_callqa(clean.phrases, texts)
    for pair in clean.undecided:
        usual[pair] = ours[pair] = 0.0
    return (
        literal,
        at_best("rapidfuzz", usual, clean.said),
        at_best("callqa", ours, clean.said),
        at_precision("callqa, no less precise than exact", ours, clean.said, literal.precision),
    )


def _at_thresholds(method: str, scores: NDArray[np.float64], said: frozenset[Pair]) -> list[SearchScore]:
    """The figures at every threshold from the highest score down."""
    right = np.zeros(scores.shape, bool)
    for pair in said:
        right[pair] = True
    order = np.argsort(-scores, axis=None, kind="stable")
    ranked, is_right = scores.ravel()[order], right.ravel()[order]
    last = np.flatnonzero((np.diff(ranked, append=-1.0) < 0) & (ranked > 0))
    found = np.cumsum(is_right)[last]
    return [
        SearchScore(method, int(good), int(n + 1 - good), len(said)) for n, good in zip(last, found, strict=True)
    ] or [SearchScore(method, 0, 0, len(said))]


def _within(phrases: Sequence[str], text: str) -> list[int]:
    characters = listen(text).characters
    return [m for m, phrase in enumerate(phrases) if phrase in characters]


def _plain(variant: str) -> tuple[str, ...]:
    if set(variant) & set("{}^$"):
        return ()
    return tuple(s for s in spellings(variant, {}) if all("\u4e00" <= c <= "\u9fff" for c in s))


def _clause(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(OPENERS) + chance.choice(TOPICS) + chance.choice(EVENTS)
    return chance.choice(ASKING) + chance.choice(ACTS) + chance.choice(OBJECTS)


def _pinyin(text: str) -> str:
    return " ".join(lazy_pinyin("".join(filter(str.isalnum, text)), style=Style.NORMAL))


@cache
def _characters() -> dict[int, str]:
    """The usual characters of each syllable: the first level of GB 2312."""
    common = [bytes([row, cell]) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    by_sound: dict[int, str] = {}
    for code in common:
        character = code.decode("gb2312", "ignore")
        if character:
            sound = int(listen(character).syllables[0])
            by_sound[sound] = by_sound.get(sound, "") + character
    return by_sound


@cache
def _taken_for(sound: int) -> tuple[list[int], list[float]]:
    """The other syllables that it is taken for, and how often, up to a factor."""
    costs = sound_costs()[sound]
    others = [other for other in sorted(_characters()) if other != sound]
    weights = [0.02 * float(costs[o] == UNRELATED) + float(np.exp(-NATS * costs[o] / UNIT)) for o in others]
    return others, weights
