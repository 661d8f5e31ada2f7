"""The night: recordings and records fetched, every call heard, judged and kept. A thin layer of Prefect.

A task is a shard of calls, so that a night of many thousands costs the orchestrator little; the models are loaded
once per worker. A shard that is tried again skips what it had finished: the store knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.learning.gate import Checked, check_gate
from flows.learning.serving import governed
from flows.learning.shadow import compared_with_live
from flows.night.sources import Fetched, Joined, join, list_recordings, read_records
from flows.night.stages import run_call
from flows.policy.rules import load_rules
from flows.settings import Settings
from models.ears import load_ears
from pipeline.call import Rejected, Status
from pipeline.call.cdr import Dialect
from pipeline.evaluation.result import CallResult
from pipeline.store import Store
from pipeline.validation.learning.shadow import Disagreement

Progress = Callable[[int], None]
"""Told how many more calls have ended."""


@dataclass(frozen=True)
class Night:
    """How a night ended.

    Parameters
    ----------
    ended : Counter of Status
        Calls by outcome; they add up to the calls fetched.
    failed : tuple of CallResult
        Calls that failed in this run, each with its reason.
    heard : int
        Calls that this run worked on; the others were done already.
    compared : tuple of Disagreement
        Classifiers that are not live beside what is, in the calls of this run.
    demoted : tuple of Checked
        What the gate took the points from before this run.
    """

    ended: Counter[Status]
    failed: tuple[CallResult, ...]
    heard: int
    compared: tuple[Disagreement, ...] = ()
    demoted: tuple[Checked, ...] = ()

    @property
    def fetched(self) -> int:
        """All calls of the night."""
        return sum(self.ended.values())


@task(name="听一批通话", retries=2, retry_delay_seconds=10, cache_policy=NO_CACHE, persist_result=False)
def hear_shard(
    shard: tuple[Fetched, ...], scorecard: str, settings: Settings, store_url: str, progress: Progress
) -> tuple[CallResult, ...]:
    """Hear, judge and keep the calls of a shard; returns those that failed."""
    ears = load_ears(settings.profile, settings.weights, settings.threads, settings.voices)
    rules = load_rules(scorecard, settings)
    failed = []
    with Store.open(store_url) as store:
        rules = governed(rules, store)
        done = store.done_calls(f"{ears.fingerprint}|{rules.fingerprint}")
        for fetched in shard:
            if fetched.call.id not in done:
                result = run_call(fetched, ears, rules, store)
                store.save_result(result)
                if store.answers_on(fetched.call.id):
                    store.relist(fetched.call.id, rules.scorecard)
                if result.status is Status.FAILED:
                    failed.append(result)
            progress(1)
    return tuple(failed)


# Prefect's own runner is not of the type that its own decorator asks for.
ONE_AT_A_TIME: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=1)


@flow(name="callqa-nightly", task_runner=ONE_AT_A_TIME, validate_parameters=False)
def nightly(
    recordings: str,
    cdr: str,
    store_url: str,
    dialect: Dialect = "csv",
    scorecard: str = "kf01",
    settings: Settings | None = None,
    progress: Callable[[int, int], Progress] | None = None,
) -> Night:
    """Score every call of a night; safe to start again at any time.

    Parameters
    ----------
    recordings, cdr : str
        fsspec URLs of the folder of recordings and of the call detail records.
    progress : callable, optional
        Given the number of calls and of those to do, returns what is told of each call that ends.

    Raises
    ------
    CallqaError
        If nothing could be run at all; a single call never stops the night.
    """
    settings = settings or Settings()
    rules = load_rules(scorecard, settings)  # wrong policy stops before any call is touched
    ears = load_ears(settings.profile, settings.weights, settings.threads, settings.voices)
    joined = join(read_records(cdr, dialect), list_recordings(recordings))
    with Store.open(store_url) as store:
        gated = tuple(check_gate(store))  # before the calls: what falls tonight costs nothing tonight
        rules = governed(rules, store)
        done = store.done_calls(f"{ears.fingerprint}|{rules.fingerprint}")
        rejected = tuple(_keep_rejected(joined.rejected, store))
    todo = [fetched for fetched in joined.fetched if fetched.call.id not in done]
    tell = progress(_num_calls(joined), len(todo)) if progress else _in_silence
    futures = [
        hear_shard.submit(shard, scorecard, settings, store_url, tell) for shard in _shards(todo, settings.shard)
    ]
    failed = rejected + tuple(result for future in futures for result in future.result())
    with Store.open(store_url) as store:
        compared = compared_with_live(store, [fetched.call.id for fetched in todo])
    return _night(joined, failed, len(todo), store_url, compared, gated)


def _in_silence(_done: int) -> None:
    """Nobody watches a scheduled night."""


def _shards(fetched: list[Fetched], size: int) -> Iterable[tuple[Fetched, ...]]:
    return (tuple(fetched[n : n + size]) for n in range(0, len(fetched), size))


def _num_calls(joined: Joined) -> int:
    return len(joined.fetched) + len(joined.rejected)


def _keep_rejected(lines: Iterable[Rejected], store: Store) -> Iterable[CallResult]:
    """Keep each line that gives no call to hear; those that count as failed are handed on.

    A call that was heard on an earlier night stays as it is when its recording has been archived since.
    """
    for line in lines:
        before = store.result(line.call_id)
        if before is not None and before.hearing is not None:
            continue
        result = CallResult.rejected(line)
        store.save_result(result)
        if result.status is Status.FAILED:
            yield result


def _night(
    joined: Joined,
    failed: tuple[CallResult, ...],
    heard: int,
    store_url: str,
    compared: tuple[Disagreement, ...],
    gated: tuple[Checked, ...],
) -> Night:
    """Count every call fetched by how it stands in the store now."""
    ids = [fetched.call.id for fetched in joined.fetched] + [line.call_id for line in joined.rejected]
    with Store.open(store_url) as store:
        statuses = store.statuses()
    demoted = tuple(each for each in gated if each.demoted)
    return Night(Counter(statuses[call_id] for call_id in ids), failed, heard, compared, demoted)
