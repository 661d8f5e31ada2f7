"""What findings say of an agent is policy: which give credit, which tell of the customer, what owes an apology."""

import pytest

from pipeline.errors import PolicyError
from pipeline.hearing.turns import Role
from pipeline.month.evidence import bundled_evidence, load_evidence
from tests.builders import finding

POLICY = """\
name: ours
revision: 2
credit: [required_phrase]
cause: [complaint]
apology:
  owed: [{detector: complaint, role: customer}, {detector: hold, role: agent, term: long}]
  given: [{detector: apology, role: agent}]
"""


@pytest.fixture
def written(tmp_path):
    """Writes a policy file and returns its path."""

    def write(content):
        path = tmp_path / "evidence.yaml"
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_the_bundled_policy_says_what_gives_credit_and_what_owes_an_apology():
    policy = bundled_evidence()
    assert {"required_phrase", "apology", "empathy"} <= set(policy.credit)
    assert policy.cause == ("complaint", "customer_event")
    complaint = finding("complaint", "complaint", 14.0, role=Role.CUSTOMER)
    assert policy.apology_owed([complaint])
    assert not policy.apology_owed([finding("complaint", "complaint", 14.0, role=Role.AGENT)])
    assert policy.apology_given([complaint, finding("apology", "sincere", 14.0)]), "at its very start"
    assert not policy.apology_given([complaint, finding("apology", "sincere", 13.9)])
    assert not policy.apology_given([complaint, finding("apology", "perfunctory", 15.0)])
    assert not policy.apology_given([finding("apology", "sincere", 15.0)]), "none is owed"


def test_another_policy_owes_and_takes_other_things(written):
    policy = load_evidence(written(POLICY))
    long_hold = finding("hold", "long", 20.0)
    assert policy.apology_owed([long_hold])
    assert not policy.apology_owed([finding("hold", "short", 20.0)])
    assert policy.apology_given([long_hold, finding("apology", "social", 30.0)]), "any term, where none is named"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("cause: [complaint]", "cause: [required_phrase]", "choose one"),
        ("role: customer", "role: anybody", "role"),
        ("given: [{detector: apology, role: agent}]", "given: []", "given"),
        ("revision: 2", "revision: 0", "revision"),
        ("credit:", "credits:", "credits"),
    ],
)
def test_a_mistake_is_told_with_its_place(written, old, new, why):
    with pytest.raises(PolicyError, match=why):
        load_evidence(written(POLICY.replace(old, new)))
