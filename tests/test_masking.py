"""Masking on sentences that it was not written on: what is personal, and what must still be readable."""

import re
import sys
from pathlib import Path

import pytest

from models.judge.masking import MASK, masked

RUN = 2
"""So many characters of something personal in a row are a leak."""


def lines(name):
    written = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [line for line in written if line and not line.startswith("#")]


def parted(line):
    """The sentence, and which of its characters are personal, as stretches."""
    text, spans = "", []
    for free, personal in re.findall(r"([^\[]*)(?:\[([^\]]*)\])?", line):
        text += free
        if personal:
            spans.append((len(text), len(text) + len(personal)))
            text += personal
    return text, spans


def leaks(hidden, start, end):
    least = min(RUN, end - start)
    return any(MASK not in hidden[n : n + least] for n in range(start, end - least + 1))


def measured(name):
    """What leaked, of how many; and the share of the other characters that was masked as well."""
    leaked, num_personal, covered, num_free = [], 0, 0, 0
    for line in lines(name):
        text, spans = parted(line)
        hidden = masked(text)
        assert len(hidden) == len(text)
        own = {n for start, end in spans for n in range(start, end)}
        num_personal += len(spans)
        leaked += [text[start:end] for start, end in spans if leaks(hidden, start, end)]
        free = [n for n in range(len(text)) if n not in own]
        covered, num_free = covered + sum(hidden[n] == MASK for n in free), num_free + len(free)
    return leaked, num_personal, covered / num_free


@pytest.mark.parametrize(("name", "left"), [("masking.txt", set()), ("masking_2.txt", {"戴师傅", "方师傅"})])
def test_what_is_personal_is_masked_and_the_rest_can_be_read(name, left):
    """Of 戴师傅 the name is masked, and the title is left."""
    leaked, num_personal, covered = measured(name)
    assert (set(leaked), num_personal >= 27) == (left, True)
    assert covered < 0.02


if __name__ == "__main__":
    for each in sys.argv[1:]:
        print(each, *measured(each))
        print("\n".join(masked(parted(line)[0]) for line in lines(each)))
