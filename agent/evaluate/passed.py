"""How much of the picture reaches the controller."""

from collections.abc import Sequence

import numpy as np

from agent.evaluate.bench import Bench
from agent.evaluate.measure import BARS, Measure, bootstrap, mean_measure, median, not_applicable
from sim.policy import Capped
from sim.rollout import Episode


def passed_share(episodes: Sequence[Episode], bench: Bench) -> list[Measure]:
    """How much of the picture reaches the controller, over all control steps; and how often the cap cuts it short."""
    share = np.concatenate([each.share_read for each in episodes])
    seed = np.concatenate([np.full(len(each.share_read), each.seed) for each in episodes])
    spread = bootstrap(lambda index: median(share[index]), seed)
    details = {"p95": float(np.percentile(share, 95)), "mean": float(share.mean())}
    passed = Measure(
        "passed", "median share of the cells", median(share), spread, BARS["passed share"], details=details
    )
    if not isinstance(bench.policy, Capped):
        return [passed, not_applicable("passed", "frames in which the cap binds", "the policy names no most_kept")]
    cap = bench.policy.most_kept
    binds = np.round(share * bench.cells.rows * bench.cells.cols) >= cap
    return [passed, mean_measure("passed", "frames in which the cap binds", binds, seed, BARS["cap binds"], cap=cap)]
