"""The end of one call: heard and judged, or stopped at a stage with the reason.

Knows what a stage hands to the store and what the store hands back; not how either is made.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.call import Call, Direction, Recording, Rejected, Status
from pipeline.evaluation.evaluation import Evaluation
from pipeline.evaluation.fingerprint import NEITHER, Fingerprint
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.notices import Notice


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call as the night leaves it. Every call fetched ends as exactly one of these.

    Parameters
    ----------
    stage : str
        The verb at which an unscorable or failed call stopped: ``fetch``, ``audio``, ``ringing``, ``transcribe``,
        ``diarize``, ``attribute``, ``detect``, ``evaluate``; empty for an evaluated call.
    reason, problem : str
        Short code (``no_answer``, ``truncated``) and the sentence for a person; empty for an evaluated call.
    fingerprint : Fingerprint
        Everything that shaped the result: models and policy. A call that ended evaluated or unscorable under the
        same fingerprint is done.
    uri : str | None
        Where its recording lies, opened or not; `recording` tells it where it is left out.
    recording : Recording | None
        None when there is none or it could not be opened.
    hearing : Hearing | None
        None when the call stopped before it was heard.
    findings : tuple[Finding, ...]
        What `evaluation` is based on; the answers refer to positions in it.
    evaluation : Evaluation | None
        There for every evaluated call, and for an unscorable one that was found so when judged.
    row : str
        The sha256 of a line of the records that gave no call; see `Rejected`.

    Raises
    ------
    ValueError
        If the parts contradict each other: they speak of different calls or recordings, an evaluated call has no
        hearing or no evaluation, or findings have no evaluation that they belong to.
    """

    call: Call
    status: Status
    stage: str = ""
    reason: str = ""
    problem: str = ""
    fingerprint: Fingerprint = NEITHER
    uri: str | None = None
    recording: Recording | None = None
    hearing: Hearing | None = None
    findings: tuple[Finding, ...] = ()
    evaluation: Evaluation | None = None
    row: str = ""

    def __post_init__(self) -> None:
        opened, heard, judged = self.recording, self.hearing, self.evaluation
        contradictions = {
            "the hearing is of another call": heard is not None and heard.call != self.call,
            "the hearing is of another recording": heard is not None and heard.recording != opened,
            "the recording lies elsewhere": opened is not None and self.uri not in (None, opened.uri),
            "the evaluation is of another call": judged is not None and judged.call_id != self.call.id,
            "the evaluation ended otherwise": judged is not None and judged.status is not self.status,
            "a finding is of another call": any(f.call_id != self.call.id for f in self.findings),
            "an answer names a finding that is not there": judged is not None
            and any(position >= len(self.findings) for a in judged.answers for position in a.findings),
            "findings without an evaluation": judged is None and bool(self.findings),
            "evaluated without hearing or evaluation": self.status is Status.EVALUATED
            and (heard is None or judged is None),
        }
        if wrong := [problem for problem, is_so in contradictions.items() if is_so]:
            raise ValueError(f"call {self.call.id}: {'; '.join(wrong)}")
        if opened is not None:
            object.__setattr__(self, "uri", opened.uri)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What was doubtful about its file, then what was about its channels, voices and words."""
        heard = self.hearing.notices if self.hearing else ()
        return (*(self.recording.notices if self.recording else ()), *heard)

    @staticmethod
    def rejected(line: Rejected) -> CallResult:
        """The result of a record or recording without the other: unscorable when nobody answered, else failed."""
        call = line.call or Call(
            id=line.call_id,
            agent_id=None,
            agent_name=None,
            queue=None,
            direction=Direction.INBOUND,  # unknown; nothing is measured on such a call
            caller=None,
            ring_at=None,
            answered_at=None,
            ended_at=None,
            recording_name=None,
            source=line.source,
        )
        return CallResult(
            call,
            Status.UNSCORABLE if line.reason == "no_answer" else Status.FAILED,
            stage="fetch",
            reason=line.reason,
            problem=line.problem,
            uri=line.source if line.reason == "no_record" else None,
            row=line.row,
        )
