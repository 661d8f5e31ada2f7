"""A fingerprint is written and read without loss, that of an earlier revision too."""

from dataclasses import replace

import pytest

from pipeline.evaluation.fingerprint import EarsVersion, Fingerprint, PolicyVersion

EARS = EarsVersion("whisper-small@1f2e", "beam5-int8+slow", "community-1@9a+campplus@3c", "v3")
POLICY = PolicyVersion("kf01-1-0123456789ab", "f00d+1234", roles=("roles-2-aa", "weights-1-bb"), hearing="7")
STORED = (
    "whisper-small@1f2e|beam5-int8+slow|community-1@9a+campplus@3c|v3|"
    "kf01-1-0123456789ab|f00d+1234|roles-2-aa|weights-1-bb|7"
)
OLDER = "base@1|beam5|campplus@1|v1|kf01-1-0123456789ab|f00d|roles-1-aa|3"  # roles were told by wording alone


def test_written_as_it_is_stored_and_read_back():
    assert str(Fingerprint(EARS, POLICY)) == STORED
    assert Fingerprint.read(STORED) == Fingerprint(EARS, POLICY)


@pytest.mark.parametrize("text", [STORED, OLDER, "base, KF01/1", "a|b|c|d|e", "a||c|d|e||f", ""])
def test_text_of_any_revision_comes_back_the_same(text):
    assert str(Fingerprint.read(text)) == text


def test_call_judged_again_keeps_what_heard_it():
    older = Fingerprint.read(OLDER)
    assert (older.policy.roles, older.policy.hearing) == (("roles-1-aa",), "3")
    assert str(replace(older, policy=POLICY)) == OLDER[: OLDER.index("kf01")] + STORED[STORED.index("kf01") :]
