"""What the sentences that people read have in common."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"[,;:.!?] ")
"""Stops as English has them; Chinese has others, and no space behind them."""


def is_chinese(sentence: str) -> bool:
    """Whether a sentence is Chinese, whatever names and figures it holds."""
    return bool(_CHINESE.search(sentence)) and not _ENGLISH.search(sentence)
