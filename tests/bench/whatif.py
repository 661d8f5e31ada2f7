"""How long it takes to try another standard on a month, with its memory.

    python tests/bench/whatif.py [NUM_CALLS] [NUM_AGENTS]     # 100,000 calls of 200 agents by default

The month is synthetic and made by `store_of`. Both standards judge every call again from its stored findings. The
peer is the same work in one process with everything in memory at once, on a tenth of the agents.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.month.whatif import WhatIf, what_if
from pipeline.month.assessment import assess
from pipeline.review.replay import replay
from pipeline.scorecard import find_scorecard
from pipeline.store import Store
from tests.bench.store_of import MONTH, make_store


def main(num_calls: int = 100_000, num_agents: int = 200) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        make_store(path / "callqa.db", num_calls, num_agents)
        url = f"sqlite:///{path / 'callqa.db'}"
        card = find_scorecard("kf01")
        tried = path / "stricter.yaml"
        text = Path(card.path).read_text(encoding="utf-8").replace("at_most: 3}", "at_most: 2}")
        tried.write_text(text.replace("一般符合: 0.5", "一般符合: 0.7", 1), encoding="utf-8")
        began = time.perf_counter()
        found = what_if(url, WhatIf(MONTH, str(tried), "kf01"))
        took = time.perf_counter() - began
        changed = sum(difference.changed for difference in found)
        here, below = (
            resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        )
        print(f"{num_calls} calls, {len(found)} agents, two standards: {took:.1f} s, {changed} agents change")
        print(f"memory at most: {here:.0f} MB in the parent, {below:.0f} MB in each of two processes")
        began = time.perf_counter()
        with Store.open(url, create=False) as store:
            few = store.calls.agents(MONTH)[: max(1, num_agents // 10)]
            heard = [one for agent in few for one in store.calls.replay(MONTH, agent)]
        for each in (card, find_scorecard(str(tried))):
            assess(MONTH, each, [replay(hearing, findings, each) for hearing, findings in heard])
        own, peer = took / len(found), (time.perf_counter() - began) / len(few)
        print(f"per agent: {1000 * own:.0f} ms; peer {1000 * peer:.0f} ms; ratio {own / peer:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
