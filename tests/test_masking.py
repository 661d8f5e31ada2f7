"""Masking on sentences that it was not written on: what is personal, and what a judge must still be able to read."""

import re
from pathlib import Path

from models.judge.masking import MASK, masked

LINES = [
    line
    for line in (Path(__file__).parent / "masking.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]
RUN = 2
"""So many characters of something personal in a row are a leak."""


def parted(line):
    """The sentence, and which of its characters are personal, as stretches."""
    text, spans = "", []
    for open_part, closed in re.findall(r"([^\[]*)(?:\[([^\]]*)\])?", line):
        text += open_part
        if closed:
            spans.append((len(text), len(text) + len(closed)))
            text += closed
    return text, spans


def leaks(hidden, start, end):
    least = min(RUN, end - start)
    return any(MASK not in hidden[n : n + least] for n in range(start, end - least + 1))


def measured():
    """What leaked, and how many characters were masked of those that are nobody's; of how many each."""
    leaked, num_spans, covered, num_free = [], 0, 0, 0
    for line in LINES:
        text, spans = parted(line)
        hidden = masked(text, keep=("阳光家政",))
        assert len(hidden) == len(text)
        own = {n for start, end in spans for n in range(start, end)}
        num_spans += len(spans)
        leaked += [text[start:end] for start, end in spans if leaks(hidden, start, end)]
        free = [n for n in range(len(text)) if n not in own]
        covered, num_free = covered + sum(hidden[n] == MASK for n in free), num_free + len(free)
    return leaked, num_spans, covered, num_free


if __name__ == "__main__":
    leaked, num_spans, covered, num_free = measured()
    print(f"{num_spans - len(leaked)} of {num_spans} masked; left: {leaked}; {covered} of {num_free} others")
    for line in LINES:
        print(masked(parted(line)[0]))
