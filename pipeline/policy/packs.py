"""Industry packs (行业包): the phrase lists of one trade, by its name; they come with callqa, off until named.

Knows which packs there are and the files of each; what is in the files is read by `pipeline.lexicon`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from pydantic import BaseModel, ConfigDict

from pipeline.policy.load import load_policy


class _Packs(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    packs: dict[str, str]


@cache
def industries() -> dict[str, str]:
    """The industry of each pack, in Chinese, by the name of the pack.

    Examples
    --------
    >>> industries()["finance"], len(industries())
    ('金融', 11)
    """
    return load_policy(files("pipeline.policy") / "packs.yaml", _Packs)[0].packs


def check_packs(names: Iterable[str]) -> tuple[str, ...]:
    """Names of packs, each once, in the order of the packs: in whatever order they are written, they are the same.

    Raises
    ------
    ValueError
        In Chinese, if there is no such pack.

    Examples
    --------
    >>> check_packs(["logistics", "finance"])
    ('finance', 'logistics')
    """
    known, named = industries(), dict.fromkeys(names)
    if wrong := next((name for name in named if name not in known), None):
        listed = "、".join(f"{name}（{industry}）" for name, industry in known.items())
        raise ValueError(f"没有叫“{wrong}”的行业包；可以写：{listed}")
    return tuple(name for name in known if name in named)


def pack_files(*names: str) -> tuple[Traversable, ...]:
    """The phrase lists of some packs, in order of pack and file.

    Examples
    --------
    >>> [path.name for path in pack_files("finance")]
    ['finance_banned.yaml', 'finance_required.yaml']
    """
    folder = files("pipeline.policy") / "lexicons" / "packs"
    paths = sorted(folder.iterdir(), key=lambda path: path.name)
    return tuple(path for name in names for path in paths if path.name.startswith(f"{name}_"))
