"""From rows to pictures: each time in another light, seen from elsewhere, with the expert's answer for there."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from agent.config import Jitter, Restaging
from agent.families.objective import Batch
from agent.shown import shown
from agent.train.drives import Rows, began
from agent.train.filters import filtered
from agent.train.restage import approaches, move_along, restage
from agent.train.roads import TOUCHING, RoadPool
from sim import vehicle


def of_instants(
    pool: RoadPool, rows: Rows, jitter: Restaging, rng: np.random.Generator, *, with_shown: bool = True
) -> Batch:
    """Stage some instants anew, move the cars a little, draw what they see, and ask the expert what to do there.

    `rows` is changed.
    """
    _restage(pool, rows, jitter, rng)
    return _seen(pool, rows, 1, jitter, rng, with_shown)


def of_sequences(
    pool: RoadPool, rows: Rows, length: int, jitter: Jitter, rng: np.random.Generator, *, with_shown: bool = False
) -> Batch:
    """The same for sequences of so many rows each, one after the other: moved as a whole, in one look, never staged
    anew, as what is met there goes on in time. `rows` is changed."""
    drive = rows.drive.reshape(-1, length)
    flat = _seen(pool, rows, length, jitter, rng, with_shown)
    return Batch(
        {name: _in_time(values, length) for name, values in flat.observation.items()},
        _in_time(flat.action, length),
        None if flat.shown is None else _in_time(flat.shown, length),
        began(drive),
    )


def shuffled(parts: list[Batch], rng: np.random.Generator) -> Batch:
    """All parts as one, in random order."""
    order = rng.permutation(sum(len(part.action) for part in parts))
    observation = {name: _joined([part.observation[name] for part in parts], order) for name in parts[0].observation}
    action, what, begins = (
        _joined([getattr(part, name) for part in parts], order) for name in ("action", "shown", "began")
    )
    return Batch(observation, action, what, begins)


def through_filters(batch: Batch, rng: np.random.Generator) -> Batch:
    """The same pictures, distorted; a sequence as a whole (see `agent.train.filters`)."""
    frame = batch.observation["frame"]
    if batch.began is None:
        frame = filtered(frame, rng)
    else:
        seed = rng.integers(2**32)
        frame = np.stack([filtered(frame[:, step], np.random.default_rng(seed)) for step in range(frame.shape[1])], 1)
    return replace(batch, observation={**batch.observation, "frame": frame})


def _seen(pool: RoadPool, rows: Rows, length: int, jitter: Jitter, rng: np.random.Generator, with_shown: bool) -> Batch:
    """What is seen and to be done, frame by frame, after each sequence of `length` rows was moved a little."""
    n = len(rows) // length
    _move(rows, length, jitter, rng)
    looks, pitch = pool.conditions(n, jitter.pitch, rng)
    frames = pool.render(rows, looks.repeat(length, 0), pitch.repeat(length), truth=with_shown)
    what = None if frames.instance is None else shown(frames.instance, rows.actors)
    return Batch(pool.observation(rows, frames), pool.label(rows)[0], what)


def _move(rows: Rows, length: int, jitter: Jitter, rng: np.random.Generator) -> None:
    """Shift, turn, and change the speed of some sequences of `length` rows."""
    n = len(rows) // length
    moved = rng.random(n) < jitter.share
    by = [rng.uniform(-most, most, n) * moved for most in (jitter.shift, jitter.yaw, jitter.speed)]
    shift, turn, faster = (values.repeat(length) for values in by)
    yaw, speed = rows.state[:, vehicle.YAW], rows.state[:, vehicle.SPEED]
    rows.state[:, vehicle.X] -= np.sin(yaw) * shift
    rows.state[:, vehicle.Y] += np.cos(yaw) * shift
    yaw += turn
    speed += faster
    np.maximum(speed, 0.0, out=speed)


def _restage(pool: RoadPool, rows: Rows, jitter: Restaging, rng: np.random.Generator) -> None:
    """Other lamps and people, and the cars farther back or ahead, in some of the rows."""
    which = rng.random(len(rows)) < jitter.restaged
    some, tracks = rows.pick(which), pool.world.tracks
    lap = tracks.length[some.road]
    by = rng.uniform(-jitter.along, jitter.along, len(some))
    far = rng.random(len(some)) < jitter.approaching
    by[far] = approaches(some.actors[far], some.s[far], lap[far], rng)
    move_along(
        tracks, some.road, some.state, some.s, by,
        lambda s, d: ~pool.blocked(some.road, some.actors, s, d, TOUCHING),
    )  # fmt: skip
    restage(some.actors, some.s, lap, rng)
    rows.state[which], rows.s[which], rows.actors[which] = some.state, some.s, some.actors


def _in_time(values: NDArray, length: int) -> NDArray:
    return values.reshape(-1, length, *values.shape[1:])


def _joined(parts: list, order: NDArray[np.integer]):
    return None if parts[0] is None else np.concatenate(parts)[order]
