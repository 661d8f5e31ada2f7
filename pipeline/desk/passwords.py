"""Passwords: hashed by argon2id, checked in the same time whether or not there is such an account.

Knows hashes; who signs in is in `pages.sign_in`.
"""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

LEAST, MOST = 10, 256
"""Characters of a password. Length is what counts (NIST SP 800-63B, 5.1.1.2); hashing longer ones is an attack."""

_hasher = PasswordHash((Argon2Hasher(),))
_NOBODY = _hasher.hash("nobody has this one")


def hashed(password: str) -> str:
    """The password's hash, with its salt and cost in it.

    Raises
    ------
    ValueError
        In Chinese, if it is too short or too long.
    """
    if not LEAST <= len(password) <= MOST:
        raise ValueError(f"密码须有 {LEAST}–{MOST} 个字符，现有 {len(password)} 个")
    return _hasher.hash(password)


def check(password: str, kept: str | None) -> tuple[bool, str | None]:
    """Whether it is the password, and, where it was hashed by an older custom, its new hash.

    Parameters
    ----------
    kept : str | None
        The hash; None for an account that is not there or has no password: the answer is no, as slow as for others.
    """
    right, newer = _hasher.verify_and_update(password[:MOST], kept or _NOBODY)
    return right and kept is not None, newer
