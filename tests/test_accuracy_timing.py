"""What is timed rather than said, counted by hand on small calls."""

import json

import pytest

from pipeline.errors import ConfigurationError
from pipeline.validation.accuracy.timing import timings
from pipeline.validation.accuracy.truth import REACH, read_truths
from tests.truths import a_finding, a_line, a_trial, a_truth

LINES = [a_line("agent", 10, 14, "您好"), a_line("customer", 13, 16, "我想问")]


def by_agent(start, end, kind="interruption"):
    return {"start": start, "end": end, "by": "agent", "kind": kind}


def quiet(start, end, kind="dead_air"):
    return {"start": start, "end": end, "kind": kind}


def trial(findings=(), call_id="C1", **told):
    known = {"overlaps": [], "holds": [], "silences": []}
    return a_trial(a_truth(call_id, LINES, **(known | told)), findings=findings)


def counted(*trials):
    """Found, missed and false alarms by operator."""
    return {
        operator.name: (total.found, len(total.missed), len(total.false_alarms))
        for operator in timings(trials)
        for total in [operator.total]
    }


def interruption(start, end, role="agent"):
    return a_finding("interruption", "interruption", start, end, role=role)


@pytest.mark.parametrize(
    ("finding", "found", "missed", "false_alarms"),
    [
        (interruption(13.5, 15.0), 1, 0, 0),
        (interruption(14.0 + REACH, 15.0), 1, 0, 0),
        (interruption(14.1 + REACH, 15.0), 0, 1, 1),
        (interruption(12.0, 13.0 - REACH), 1, 0, 0),
        (interruption(13.5, 15.0, "customer"), 0, 1, 1),
    ],
)
def test_an_interruption_is_found_where_it_is_and_by_whom(finding, found, missed, false_alarms):
    figures = counted(trial([finding], overlaps=[by_agent(13.0, 14.0)]))
    assert figures["interruptions"] == (found, missed, false_alarms)


def test_an_interruption_by_call_may_be_any_of_its_role():
    elsewhere = trial([interruption(40, 41)], overlaps=[by_agent(13, 14), by_agent(20, 21)])
    silent = trial([], "C2", overlaps=[by_agent(13, 14)])
    invented = trial([interruption(5, 6), interruption(7, 8)], "C3")
    figures = counted(elsewhere, silent, invented)
    assert figures["interruptions"] == (0, 3, 3)
    assert figures["interruption_calls"] == (1, 1, 1)
    assert figures["interruption_calls_agent"] == (1, 1, 1)
    assert figures["interruption_calls_customer"] == (0, 0, 0)


def test_a_backchannel_is_no_interruption():
    assert counted(trial([], overlaps=[by_agent(13, 14, "backchannel")]))["interruptions"] == (0, 0, 0)
    taken_for_one = trial([interruption(13, 14)], overlaps=[by_agent(13, 14, "backchannel")])
    assert counted(taken_for_one)["interruptions"] == (0, 0, 1)


def test_one_event_is_found_once_and_each_by_the_nearest():
    overlaps = [by_agent(13, 14), by_agent(14.3, 15)]
    twice = trial([interruption(13, 13.4), interruption(13.4, 14)], overlaps=overlaps[:1])
    assert counted(twice)["interruptions"] == (1, 0, 1)
    both = trial([interruption(14.4, 15), interruption(13, 14)], overlaps=overlaps)
    assert counted(both)["interruptions"] == (2, 0, 0)


def test_the_place_and_the_words_of_a_missed_event():
    (missed,) = next(o for o in timings([trial(overlaps=[by_agent(13, 14)])]) if o.name == "interruptions").f1.cases
    assert (missed.term, missed.place, missed.said) == ("by agent", "00:13", "agent: 您好 / customer: 我想问")


def test_dead_air_and_holds_excuse_each_other():
    """Waiting with music is a hold, waiting without it dead air; a detector may call either by the other name."""
    hold, music = {"start": 20, "end": 30}, quiet(19.5, 30.5, "hold_music")
    told = {"holds": [hold], "silences": [music, quiet(40, 49)]}
    right = [a_finding("hold", "asked", 20, 30), a_finding("silence", "silence", 40, 49)]
    figures = counted(trial(right, **told))
    assert (figures["holds"], figures["silences"]) == ((1, 0, 0), (1, 0, 0))
    other_name = [a_finding("hold", "bare", 40, 49), a_finding("silence", "silence", 20, 30)]
    figures = counted(trial(other_name, **told))
    assert (figures["holds"], figures["silences"]) == ((0, 1, 0), (0, 1, 0))
    assert (figures["hold_calls"], figures["silence_calls"]) == ((0, 1, 0), (0, 1, 0))
    invented = [a_finding("hold", "asked", 60, 70), a_finding("silence", "silence", 60, 70)]
    figures = counted(trial(right + invented, **told))
    assert (figures["holds"], figures["silences"]) == ((1, 0, 1), (1, 0, 1))


def test_a_silence_too_short_for_the_truth_to_tell_of_counts_neither_way():
    short, long = (a_finding("silence", "silence", 40, 40 + s) for s in (2.9, 3.0))
    assert counted(trial([short]))["silences"] == (0, 0, 0)
    assert counted(trial([long]))["silences"] == (0, 0, 1)


def test_an_excused_silence_claims_no_dead_air():
    excused = a_finding("silence", "hold", 40, 49)
    assert counted(trial([excused]))["silences"] == (0, 0, 0)
    assert counted(trial([excused], silences=[quiet(40, 49)]))["silences"] == (0, 1, 0)


@pytest.mark.parametrize(
    ("evidence", "found_by", "figure"),
    [
        ("busy_tone", "agent", (1, 0, 0)),
        (None, "agent", (1, 0, 0)),
        ("busy_tone", "customer", (0, 1, 1)),
        ("busy_tone", None, (0, 1, 0)),
        ("none", "customer", (0, 0, 0)),
    ],
)
def test_who_hung_up_counts_where_the_recording_shows_it(evidence, found_by, figure):
    findings = [a_finding("hangup", "hangup", 60, 61, role=found_by)] if found_by else []
    call = trial(findings, hung_up_first="agent", hangup_evidence=evidence)
    assert counted(call)["hangup"] == figure


def test_an_older_truth_file_is_read_and_not_measured_for_what_it_does_not_tell():
    findings = [interruption(1, 2), a_finding("hold", "asked", 5, 9), a_finding("silence", "silence", 5, 9)]
    operators = list(timings([a_trial(a_truth(lines=LINES), findings=findings)]))
    assert all(figure.value is None for operator in operators for figure in operator.measures)
    assert all(figure.holds is None for operator in operators for figure in operator.measures)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ({"overlaps": [by_agent(5, 4)]}, "overlaps.0: what starts at 5.0 s ends before it starts"),
        ({"overlaps": [by_agent(4, 5) | {"by": "nobody"}]}, "overlaps.0.by"),
        ({"silences": [{"start": 4, "end": 5}]}, "silences.0.kind"),
        ({"hung_up_first": "nobody"}, "hung_up_first"),
    ],
)
def test_a_truth_file_that_makes_no_sense(tmp_path, told, problem):
    (tmp_path / "C1.truth.json").write_text(json.dumps(a_truth(**told)))
    with pytest.raises(ConfigurationError) as refused:
        read_truths(tmp_path)
    assert problem in str(refused.value)
