"""Is the red true? Tests T0 to T6, through the Policy protocol alone; see docs/evaluation.md.

A selection promises: the action is a function of the kept cells, their positions and the speed. Of other maps the
smallest set of cells that holds 90 % of the mass is held to the same, as far as a question can be asked. Every test
here can fail, and the project's own tests hold against each a policy that does fail it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.evaluate import content, plots
from agent.evaluate.bench import Bench, EditedView, Example, Response
from agent.evaluate.content import View
from agent.evaluate.findings import Findings, Found, Picture
from agent.evaluate.forecast import FALTERING, Part
from agent.evaluate.maps import normalised
from agent.evaluate.measure import (
    BARS,
    Measure,
    bootstrap,
    mean_measure,
    median,
    not_applicable,
    ratio_measure,
    same_action,
    steer_change,
)
from agent.evaluate.options import Options, Stage
from agent.evaluate.passed import passed_share
from agent.evaluate.pool import TURNING, Pool, Sampler
from agent.evaluate.suite import Policies, Suite, has_map
from sim.driver import Driver
from sim.metrics import driving_score
from sim.perturb import EDITS, FrameEdit, Mask
from sim.policy import MASS_SHARE, Policy, Randomisable
from sim.rollout import Episode, Observer, drive
from sim.simulator import Simulator

T0_EDITS = ("grey", "noise 0.25", "foreign")
T1_EDITS = (
    *("grey", "black", "white", "frame mean"),
    *("noise 0.10", "noise 0.25", "noise 0.50", "flat colours", "blur", "foreign unread", "foreign displaced"),
)
T2_SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
T4_EDITS = ("grey", "frame mean", "flat colours")
T4_FLOOR = 0.002
"""T4 divides by T1's median |d steer|, or by this where that is less: a tenth of T1's tolerance, so that a policy which
does not react at all to T1 still has to react to T4 by more than T1 tolerates."""

CONTROLS = 5
"""Other masks that T5 tries."""

T6_FRAMES = 500
GATE_SEEDS = (0, 1, 2)

READ = "the smallest set of cells that holds {:.0%} of the map; nothing is forced, the rest is overwritten"
"""What counts as read of a map that is no selection."""

MEMORY = "each question starts from the drive's own state before that frame; what earlier frames left in it stays"

NO_SCORE = "these worlds tell of no {}"
NO_CAMERA = "only the simulator can draw an instant from elsewhere"


def run(policies: Policies, options: Options, stage: Stage) -> Findings:
    """The findings on one policy."""
    ((name, policy),) = policies.items()
    assert not isinstance(policy, Driver)
    return _findings(name, evaluate(policy, options, stage))


@dataclass(frozen=True)
class Red:
    """What was found of one policy's red.

    measures: every line of the report. sample: what the frames were. hijack: the points of T2's curve. mean_map:
    (h, w), sums to 1. edited: a frame under every T1 edit. viewed: some frames, each from every view of T6.
    """

    measures: list[Measure]
    sample: dict[str, Any]
    hijack: list[dict[str, float | None]]
    mean_map: NDArray[np.float64]
    edited: list[Example]
    viewed: list[list[Example]]


def _findings(name: str, red: Red) -> Findings:
    pictures: dict[str, Picture] = {
        "shares": partial(plots.shares, red.measures),
        "hijack": partial(plots.hijack, red.hijack),
        "mean-map": partial(plots.mean_map, red.mean_map),
        "edits": partial(plots.edited, red.edited),
    }
    if red.viewed:
        pictures["views"] = partial(plots.viewed, red.viewed)
    details = {"hijack": red.hijack, "mean_map": red.mean_map}
    return Findings(
        f"Is the red of {name} true?",
        {name: Found(red.measures, {"sample": red.sample}, details)},
        notes=_notes(red.sample),
        pictures={f"{name}-{kind}": picture for kind, picture in pictures.items()},
    )


def _notes(sample: Mapping[str, Any]) -> list[str]:
    """What the frames were, and whether the drives had as many of each kind as were asked for."""
    short = "; fewer of a kind than asked for: the drives had no more" if sample["short"] else ""
    frames, episodes, turning = sample["frames"], sample["episodes"], sample["turning"]
    about = f"{frames} frames of {episodes} episodes, {turning} of them in turns (|steer| > {TURNING}){short}"
    return [about, *(f"{name}: {sample[name]}" for name in ("read", "memory") if name in sample)]


def evaluate(policy: Policy, options: Options, stage: Stage) -> Red:
    """Run every test that the policy's kind and the worlds allow; others are "not applicable", which is no failure."""
    pool, episodes = _drive_and_sample(policy, options, options.seeds, options.frames, stage("drives on test seeds"))
    bench = Bench(policy, pool)
    frames, observer = max(2, options.frames // 5), stage("drives on validation seeds")
    elsewhere, _ = _drive_and_sample(policy, options, options.validation_seeds, frames, observer)
    mean_map = Bench(policy, elsewhere).clean.red.mean(0)
    return _Tests(policy, options, stage, bench, episodes, normalised(mean_map)).run()


def _drive_and_sample(
    policy: Policy, options: Options, seeds: Sequence[int], frames: int, observer: Observer
) -> tuple[Pool, list[Episode]]:
    sampler = Sampler(frames, len(seeds))
    episodes = drive(options.make_worlds(policy, len(seeds)), policy, seeds, (sampler, observer))
    return sampler.pool(), episodes


@dataclass
class _Tests:
    policy: Policy
    options: Options
    stage: Stage
    bench: Bench
    episodes: list[Episode]
    mean_map: NDArray[np.float64]

    def run(self) -> Red:
        bench = self.bench
        self.stage("T0 mask held")
        measures = mask_held(bench)
        self.stage("T1 gate re-run")
        stays = gate_rerun(bench)
        self.stage("T2 hijack")
        curve = hijack(bench)
        measures += [*stays, *self._driven(stays)]
        self.stage("T5 controls")
        measures += controls(bench, self.mean_map)
        lines, viewed = self._content(stays)
        measures += [*lines, *passed_share(self.episodes, bench)]
        return Red(measures, self._sample(), curve, self.mean_map, edited_examples(bench), viewed)

    def _driven(self, stays: list[Measure]) -> list[Measure]:
        """T3 and T4."""
        bench, options = self.bench, self.options
        kept = closed_loop_stays(bench, self.episodes, worst(stays), options, self.stage("T3 closed loop"))
        self.stage("T4 necessity")
        necessary = necessity(bench, stays)
        return [kept, *necessary, closed_loop_fails(bench, weakest(necessary), options, self.stage("T4 closed loop"))]

    def _sample(self) -> dict[str, Any]:
        pool, spec = self.bench.pool, self.policy.spec
        turns, half = int(pool.turning.sum()), self.options.frames // 2
        found = {"frames": len(pool), "turning": turns, "episodes": len(np.unique(pool.seed))}
        read = {} if spec.kind == "selection" else {"read": READ.format(MASS_SHARE)}
        memory = {"memory": MEMORY} if spec.memory else {}
        return found | {"short": turns < half or len(pool) - turns < half} | read | memory

    def _content(self, stays: list[Measure]) -> tuple[list[Measure], list[list[Example]]]:
        overlap = content.mask_overlap(self.bench)
        pool = self.bench.pool.pick(np.arange(0, len(self.bench.pool), max(1, len(self.bench.pool) // T6_FRAMES)))
        if pool.instants is None:
            return [overlap, not_applicable("T6", "camera turned and moved", NO_CAMERA)], []
        bench = Bench(self.policy, pool)
        self.stage("T6 camera turned and moved")
        simulator = self.options.make_worlds(self.policy)
        assert isinstance(simulator, Simulator)
        views = content.render_views(simulator, bench)
        seen = content.answers(bench, views)
        masses = content.mass_ratios(bench, views, seen, self.mean_map)
        self.stage("T6 random gates")
        gates = random_gates(self.policy, pool, worst(stays) or T1_EDITS[0], views, self.mean_map)
        lines = [overlap, *masses, gates, *content.plausibility(views, seen)]
        return lines, content.viewed_examples(bench, seen)


def mask_held(bench: Bench) -> list[Measure]:
    """T0: with the mask forced, overwriting what was not read leaves every bit of the action and of the memory."""
    if bench.unforced:
        return [not_applicable("T0", "mask held", f"{bench.unforced}; T1 overwrites what is not read")]
    measures = []
    for name in T0_EDITS:
        response = bench.respond(EDITS[name], ~bench.read, keep=bench.clean.kept)
        same = (response.action == bench.clean.action).all(1)
        measures.append(_over_changed_frames("T0", name, same, response, bench, "T0 same bits"))
        if bench.policy.spec.memory:
            same = _same_state(response.after, bench.clean.after)
            measures.append(_over_changed_frames("T0", f"{name}, memory", same, response, bench, "T0 same bits"))
    return measures


def _same_state(a: Mapping[str, NDArray[Any]], b: Mapping[str, NDArray[Any]]) -> Mask:
    """(F,): whether every bit of two recurrent states agrees."""
    return np.logical_and.reduce([(a[name] == b[name]).reshape(len(a[name]), -1).all(1) for name in a])


def gate_rerun(bench: Bench) -> list[Measure]:
    """T1: the same, but the gate looks at the edited frame and may let junk through."""
    return [_gate_rerun(bench, EDITS[name]) for name in T1_EDITS]


def _gate_rerun(bench: Bench, edit: FrameEdit) -> Measure:
    response = bench.respond(edit, ~bench.read)
    same = same_action(response.action, bench.clean.action)
    return _over_changed_frames("T1", edit.name, same, response, bench, "T1 same action")


def _over_changed_frames(test: str, name: str, same: Mask, response: Response, bench: Bench, bar: str) -> Measure:
    """The share of frames whose action stayed, among those in which anything at all was overwritten."""
    changed = response.replaced > 0
    return mean_measure(
        test,
        name,
        same[changed],
        bench.pool.seed[changed],
        BARS[bar],
        **_change(response, bench),
        replaced_share=float(response.replaced.mean()),
        opened_share=response.opened,
    )


def _change(response: Response, bench: Bench) -> dict[str, float]:
    steer = steer_change(response.action, bench.clean.action)
    rest = np.abs(response.action - bench.clean.action)[:, 1:].max(1, initial=0)
    return {
        "median_steer_change": float(np.median(steer)),
        "p95_steer_change": float(np.percentile(steer, 95)),
        "median_steer_change_turning": median(steer[bench.pool.turning]),
        "median_pedal_change": float(np.median(rest)),
    }


def worst(stays: list[Measure]) -> str | None:
    """T1's worst substrate: fewest frames within the tolerance; where several tie, the largest median |d steer|.

    None where no cell was ever left unread.
    """
    tried = [measure for measure in stays if measure.value is not None]
    if not tried:
        return None
    return min(tried, key=lambda each: (each.value, -each.details["median_steer_change"])).name


def hijack(bench: Bench) -> list[dict[str, float | None]]:
    """T2: how far the action goes as more unread cells show whole foreign frames, read cells and all. No bar."""
    unread = ~bench.clean.kept
    rank = _rank(np.where(unread, np.random.default_rng([bench.seed, 3]).random(unread.shape), -1))
    points: list[dict[str, float | None]] = []
    for share in T2_SHARES:
        chosen = unread & (rank < np.round(share * unread.sum((1, 2), keepdims=True)))
        response = bench.respond(EDITS["foreign"], bench.pixels(chosen) & ~bench.read)
        same = float(same_action(response.action, bench.clean.action).mean())
        points.append(
            {"share": share, "same_action": same, "opened_share": response.opened, **_change(response, bench)}
        )
    return points


def closed_loop_stays(
    bench: Bench, clean: Sequence[Episode], substrate: str | None, options: Options, observer: Observer
) -> Measure:
    """T3: junk in every unread cell at every step; the driving score over that of the same episodes driven clean."""
    if substrate is None:
        return not_applicable("T3", "driving score kept", "no cell was ever left unread")
    if not options.simulated:
        return not_applicable("T3", "driving score kept", NO_SCORE.format("driving score"))
    view = EditedView(bench.policy, EDITS[substrate], bench)
    driven = drive(options.make_worlds(bench.policy), view, options.seeds, (observer,))
    before, after = (np.array([driving_score(each) for each in some]) for some in (clean, driven))
    name = f"driving score kept, {substrate} in every unread cell"
    details = {"clean": float(before.mean()), "edited": float(after.mean()), "substrate": substrate}
    return ratio_measure("T3", name, after, before, np.array(options.seeds), BARS["T3 score kept"], **details)


def closed_loop_fails(bench: Bench, substrate: str, options: Options, observer: Observer) -> Measure:
    """T4: the kept cells overwritten at every step: the car should not come far."""
    name = f"route completion, {substrate} over every kept cell"
    if not options.simulated:
        return not_applicable("T4", name, NO_SCORE.format("route completion"))
    view = EditedView(bench.policy, EDITS[substrate], bench, over_read=True)
    driven = drive(options.make_worlds(bench.policy), view, options.seeds, (observer,))
    completion = np.array([each["route_completion"] for each in driven])
    return mean_measure("T4", name, completion, np.array(options.seeds), BARS["T4 completion"], substrate=substrate)


def necessity(bench: Bench, stays: list[Measure]) -> list[Measure]:
    """T4: overwrite the kept cells instead, in turns: the action must go at least ten times as far as under T1.

    T1's number is the largest of its substrates' median |d steer| on the same turns, but no less than T4_FLOOR.
    """
    t1 = max((each.details["median_steer_change_turning"] for each in stays if each.value is not None), default=0.0)
    return [_necessity(bench, EDITS[name], t1) for name in T4_EDITS]


def _necessity(bench: Bench, edit: FrameEdit, t1: float) -> Measure:
    turning = bench.pool.turning
    name = f"{edit.name} over kept cells, |d steer| over T1's"
    if not turning.any():
        return not_applicable("T4", name, "no turns in the sample")
    response = bench.respond(edit, bench.read)
    change = steer_change(response.action, bench.clean.action)[turning]
    against = max(t1, T4_FLOOR)
    low, high = bootstrap(lambda index: median(change[index]), bench.pool.seed[turning])
    details = {
        "substrate": edit.name,
        "median_steer_change": median(change),
        "t1_median_steer_change": t1,
        "floor": T4_FLOOR,
        "ratio_without_floor": median(change) / t1 if t1 > 0 else None,
    }
    value, bar = median(change) / against, BARS["T4 effect over T1's"]
    return Measure("T4", name, value, (low / against, high / against), bar, details=details)


def weakest(necessary: list[Measure]) -> str:
    """The T4 substrate with the least effect: the one that is hardest on the claim that the kept cells are needed."""
    tried = [measure for measure in necessary if measure.value is not None]
    return min(tried, key=lambda each: each.value or 0.0).details["substrate"] if tried else T4_EDITS[0]


def controls(bench: Bench, mean_map: NDArray[np.float64]) -> list[Measure]:
    """T5: as many cells chosen by something else, the rest grey, the mask forced where one can be: the action must not
    survive."""
    budget = bench.clean.kept.sum((1, 2), keepdims=True)
    measures = []
    for name, score in _control_scores(bench, mean_map).items():
        mask = _rank(score) < budget
        response = bench.respond(EDITS["grey"], ~bench.pixels(mask), keep=None if bench.unforced else mask)
        same = same_action(response.action, bench.clean.action)
        bar = BARS["T5 same action"]
        details = {**_change(response, bench), "missed_by": bar.threshold - float(same.mean())}
        measures.append(mean_measure("T5", f"{name} mask", same, bench.pool.seed, bar, **details))
    return measures


def _control_scores(bench: Bench, mean_map: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """(F, h, w) scores; the highest become the control's mask. Ties in a foreign mask fall to the mean map's favour."""
    shape = bench.clean.red.shape
    down, right = bench.cells.centres()
    height, width = bench.pool.frame.shape[1:3]
    distance = np.hypot((down - 0.5) * height, (right - 0.5) * width)
    tie_break = 0.5 * mean_map / max(mean_map.max(), 1e-12)
    return {
        "random": np.random.default_rng([bench.seed, 4]).random(shape),
        "centre prior": np.broadcast_to(-distance, shape),
        "Sobel": bench.cells.means(np.stack([_edges(frame) for frame in bench.pool.frame])),
        "mean map": np.broadcast_to(mean_map, shape),
        "another episode's": bench.clean.kept[bench.donor] + tie_break,
    }


def _edges(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W): the size of the grey picture's Sobel gradient."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    return np.asarray(np.hypot(across, down), np.float32)


def _rank(score: NDArray[np.floating]) -> NDArray[np.intp]:
    """(F, h, w): 0 for each frame's highest score, 1 for the next, and so on; ties in reading order."""
    flat = -score.reshape(len(score), -1)
    return flat.argsort(1, kind="stable").argsort(1, kind="stable").reshape(score.shape)


def random_gates(
    policy: Policy, pool: Pool, substrate: str, views: dict[str, View], mean_map: NDArray[np.float64]
) -> Measure:
    """T6: the share of freshly drawn gates that break both T4 and T6; a test that they pass measures no learning."""
    name = "random gates that break T4 and T6"
    if not isinstance(policy, Randomisable):
        return not_applicable("T6", name, "the policy has no with_randomised_gate(seed)")
    trials = [
        _random_gate(Bench(policy.with_randomised_gate(seed), pool), substrate, views, mean_map) for seed in GATE_SEEDS
    ]
    broken = [trial["T4 broken"] and trial["T6 broken"] for trial in trials]
    bar = BARS["T6 broken by a random gate"]
    return Measure("T6", name, float(np.mean(broken)), None, bar, details={"gates": trials})


def _random_gate(
    bench: Bench, substrate: str, views: dict[str, View], mean_map: NDArray[np.float64]
) -> dict[str, float | bool]:
    """T4 and T6 of a policy whose gate never learned: both should miss their bars."""
    stays = [_gate_rerun(bench, EDITS[substrate])]
    effect = min((each.value for each in necessity(bench, stays) if each.value is not None), default=0.0)
    overlap = content.mask_overlap(bench)
    masses = content.mass_ratios(bench, views, content.answers(bench, views), mean_map)
    return {
        "T4 effect over T1's": effect,
        "T4 broken": not BARS["T4 effect over T1's"].met(effect),
        "median IoU": overlap.value or 0.0,
        "least mass ratio": min((each.value or 0.0 for each in masses), default=0.0),
        "T6 broken": any(each.status != "passed" for each in (overlap, *masses)),
    }


def edited_examples(bench: Bench) -> list[Example]:
    """A firm turn of the sample (sharper than nine frames in ten), as it was and under every T1 edit."""
    turn = int(np.abs(bench.clean.action[:, 0]).argsort()[len(bench.pool) * 9 // 10])
    few = Bench(bench.policy, bench.pool.pick(np.array([turn, bench.donor[turn]])))
    edited = {name: few.respond(EDITS[name], ~few.read) for name in T1_EDITS}
    return [few.example(name, each, 0) for name, each in {"as driven": few.clean, **edited}.items()]


def work(policies: Policies, options: Options) -> list[Part]:
    """Every stage, in order."""
    ((_, policy),) = policies.items()
    episodes, validation, frames = options.episodes, len(options.validation_seeds), options.frames
    few = min(frames, T6_FRAMES)
    return [
        Part("drives on test seeds", policy, episodes, frames=frames),
        Part("drives on validation seeds", policy, validation, frames=frames / 5),
        Part("T0 mask held", policy, frames=len(T0_EDITS) * frames),
        Part("T1 gate re-run", policy, frames=len(T1_EDITS) * frames),
        Part("T2 hijack", policy, frames=len(T2_SHARES) * frames),
        Part("T3 closed loop", policy, episodes, passes=2),
        Part("T4 necessity", policy, frames=len(T4_EDITS) * frames),
        Part("T4 closed loop", policy, episodes, FALTERING, passes=2),
        Part("T5 controls", policy, frames=CONTROLS * frames),
        Part("T6 camera turned and moved", policy, frames=2 * len(content.VIEWS) * few),
        Part("T6 random gates", policy, frames=2 * len(GATE_SEEDS) * (2 + len(T4_EDITS) + len(content.VIEWS)) * few),
    ]


SUITE = Suite("faithfulness", 50, has_map, run, least=2, work=work)
