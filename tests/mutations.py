"""Inputs broken at random, for the boundaries at which foreign bytes enter: same seed, same mutants."""

from __future__ import annotations

import random
from collections.abc import Iterator

NUM_MUTANTS = 300
"""Of each boundary and run."""


def mutants(content: bytes, num: int = NUM_MUTANTS, seed: int | None = None) -> Iterator[bytes]:
    """`num` broken forms of a file's bytes: cut, holed, filled, doubled, bits turned, numbers blown up.

    The seed is printed, so that a failure can be seen again; without one a new one is drawn.
    """
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    print(f"mutants: seed {seed}")
    chance = random.Random(seed)
    for _ in range(num):
        mutant = bytearray(content)
        for _ in range(chance.choice((1, 1, 2, 5))):
            chance.choice(_WAYS)(mutant, chance)
        yield bytes(mutant)


def _place(mutant: bytearray, chance: random.Random) -> int:
    """Half of the faults hit the first 256 bytes, where headers are."""
    reach = len(mutant) if chance.random() < 0.5 else min(256, len(mutant))
    return chance.randrange(reach) if reach else 0


def _cut(mutant: bytearray, chance: random.Random) -> None:
    del mutant[_place(mutant, chance) :]


def _hole(mutant: bytearray, chance: random.Random) -> None:
    at = _place(mutant, chance)
    del mutant[at : at + chance.choice((1, 4, 64, 4096))]


def _fill(mutant: bytearray, chance: random.Random) -> None:
    at, size = _place(mutant, chance), chance.choice((1, 2, 4, 8, 512))
    value = chance.choice((0x00, 0xFF, 0x7F, 0x80, 0x20))
    mutant[at : at + size] = bytes([value]) * len(mutant[at : at + size])


def _turn(mutant: bytearray, chance: random.Random) -> None:
    if mutant:
        mutant[_place(mutant, chance)] ^= 1 << chance.randrange(8)


def _noise(mutant: bytearray, chance: random.Random) -> None:
    at = _place(mutant, chance)
    mutant[at : at + 16] = chance.randbytes(len(mutant[at : at + 16]))


def _double(mutant: bytearray, chance: random.Random) -> None:
    at = _place(mutant, chance)
    mutant[at:at] = mutant[at : at + chance.choice((1, 16, 1024))]


_WAYS = (_cut, _hole, _fill, _turn, _noise, _double)
