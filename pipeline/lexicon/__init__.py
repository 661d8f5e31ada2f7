"""Lexicons: phrases as data, and how a phrase is found in what a recogniser heard.

`file` is the shape of a lexicon, `notation` what a wording stands for, `patterns` the wordings made ready, `seeds`
and `alignment` the search itself, `names` whether an open place holds a name, `claims` who beats whom, `search` the
lexicons at work, `belief` how far a hit is to be believed.
"""

from __future__ import annotations

from pipeline.lexicon.file import After, LexiconFile, Phrase
from pipeline.lexicon.notation import A_DIGIT, ANYTHING, OPEN_PLACES, spellings, wordings
from pipeline.lexicon.search import (
    CLAUSE_END,
    Hit,
    Lexicon,
    bundled_lexicons,
    digest_of,
    lexicon_files,
    load_lexicon,
    read_lexicon,
)

__all__ = [
    "ANYTHING",
    "A_DIGIT",
    "CLAUSE_END",
    "OPEN_PLACES",
    "After",
    "Hit",
    "Lexicon",
    "LexiconFile",
    "Phrase",
    "bundled_lexicons",
    "digest_of",
    "lexicon_files",
    "load_lexicon",
    "read_lexicon",
    "spellings",
    "wordings",
]
