"""Every error that callqa raises on purpose.

    CallqaError                  anything a user can understand and act on; the message says what to do
    ├── ConfigurationError       a setting, option or policy file is wrong: nothing was run (exit code 2)
    │   ├── PolicyError          a lexicon or scorecard file is wrong; names the file and the line
    │   ├── WeightsError         model weights are missing or are not the pinned ones
    │   ├── ClassifierError      a classifier cannot be trained or loaded; says which, and what to do
    │   └── StoreError           the store is missing, from another version, or not reachable
    ├── DisputeError             a dispute cannot be raised or decided so; `reason` is a short code
    ├── StaleError               somebody else decided the same meanwhile; carries what stands now, nothing is lost
    ├── CalibrationError         a calibration cannot be dealt, answered, read or closed so; says why, in Chinese
    └── CallError                one call cannot go on; the night does (the call ends `failed` or `unscorable`)
        ├── RecordError          a line of the call detail records is unusable; names file and line
        └── AudioError           a recording cannot be used; `reason` is one of its short codes

What is not a `CallqaError` is a defect of ours and is reported as one.
"""

from __future__ import annotations


class CallqaError(Exception):
    """Something the user can act on."""


class ConfigurationError(CallqaError):
    """A setting or an option is wrong; nothing was run."""


class PolicyError(ConfigurationError):
    """A lexicon or scorecard file is wrong.

    Parameters
    ----------
    path : str
        The file as the user named it.
    line : int | None
        1-based line, where it is known.
    problem : str
        What is wrong and what would be right.
    """

    def __init__(self, path: str, line: int | None, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


class WeightsError(ConfigurationError):
    """Model weights are missing or differ from their pins."""


class ClassifierError(ConfigurationError):
    """A classifier cannot be trained (too few labels) or loaded (another scikit-learn, unknown types)."""


class StoreError(ConfigurationError):
    """The store is missing, from another version, or not reachable."""


class DisputeError(CallqaError):
    """A dispute cannot be raised, answered, assigned or decided so; the sentence, in Chinese, says why.

    Parameters
    ----------
    reason : str
        Short machine-readable code, such as ``window_over``, ``not_own`` or ``changed_meanwhile``.
    """

    def __init__(self, reason: str, problem: str) -> None:
        self.reason = reason
        super().__init__(problem)


class StaleError(CallqaError):
    """Somebody else decided the same since the caller looked; nothing was written.

    Parameters
    ----------
    problem : str
        Who did what, and when, in Chinese.
    standing : tuple
        The acts that they did, the newest last, in whatever type the acts of that kind have.
    """

    def __init__(self, problem: str, standing: tuple[object, ...] = ()) -> None:
        self.problem, self.standing = problem, standing
        super().__init__(problem)


class CalibrationError(CallqaError):
    """A calibration cannot be dealt, answered, read or closed so."""


class CallError(CallqaError):
    """One call cannot go on.

    Parameters
    ----------
    reason : str
        Short machine-readable code, lower-case with underscores, such as ``truncated``.
    problem : str
        The sentence for a person, in Chinese: it is stored, and shown at the desk and in the workbook.
    """

    def __init__(self, reason: str, problem: str) -> None:
        self.reason, self.problem = reason, problem
        super().__init__(f"{reason}: {problem}")


class RecordError(CallError):
    """A line of the call detail records is unusable."""


class AudioError(CallError):
    """A recording cannot be used."""


def origin(error: BaseException) -> str:
    """The package in which an error arose, by its traceback; empty for one that was never raised.

    Examples
    --------
    >>> import json
    >>> try:
    ...     json.loads("{")
    ... except ValueError as error:
    ...     origin(error)
    'json'
    """
    traceback, name = error.__traceback__, ""
    while traceback is not None:
        name = str(traceback.tb_frame.f_globals.get("__name__", ""))
        traceback = traceback.tb_next
    return name.partition(".")[0]
