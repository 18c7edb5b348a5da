"""Policies neither move nor depend on what a process has chosen for all of torch: every family, shipped policy and the
example of a family of one's own."""

import copy
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from agent import load_policy, policy_names
from agent.checkpoint import save_checkpoint
from agent.families import FAMILIES, find
from sim.policy import Policy

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = f"{ROOT}/docs/examples/soft_gru.py:family"
OWN = [*FAMILIES, EXAMPLE]


@pytest.fixture(scope="module", params=[*policy_names(), *(f"fresh {name}" for name in OWN)])
def named(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """How each is loaded."""
    name, registered = request.param, dict(FAMILIES)
    if not name.startswith("fresh "):
        yield name
        return
    family, folder = find(name.removeprefix("fresh ")), tmp_path_factory.mktemp("checkpoint")
    save_checkpoint(folder, family, family.network(family.config()), {})
    yield f"{EXAMPLE}@{folder}" if family.name not in registered else str(folder)
    FAMILIES.clear()
    FAMILIES.update(registered)


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    yield
    torch.set_num_threads(before)


@contextmanager
def default_type(kind: torch.dtype) -> Iterator[None]:
    torch.set_default_dtype(kind)
    yield
    torch.set_default_dtype(torch.float32)


@contextmanager
def default_device(name: str) -> Iterator[None]:
    torch.set_default_device(name)
    yield
    torch.set_default_device(None)


@contextmanager
def deterministic() -> Iterator[None]:
    torch.use_deterministic_algorithms(True)
    yield
    torch.use_deterministic_algorithms(False)


AROUND: dict[str, Callable] = {
    "float64": lambda: default_type(torch.float64),
    "float16": lambda: default_type(torch.float16),
    "meta": lambda: default_device("meta"),
    "autocast": lambda: torch.autocast("cpu"),
    "inference": torch.inference_mode,
    "no gradients": torch.no_grad,
    "gradients": torch.enable_grad,
    "deterministic": deterministic,
    "one thread": lambda: threads(1),
    "three threads": lambda: threads(3),
}


def answer(policy: Policy) -> list[bytes]:
    """All of what a policy says to seven frames and to their successors: a batch that two threads would share."""
    rng = np.random.default_rng(0)
    state, said = policy.initial_state(7), []
    for _ in range(2):
        frames = rng.integers(0, 256, (7, *policy.spec.frame_size, 3), np.uint8)
        speed = rng.uniform(0, 15, (7, 1)).astype(np.float32)
        decision, state = policy.act({"frame": frames, "speed": speed}, state)
        attention = decision.attention
        said += [decision.action.tobytes()]
        said += [] if attention is None else [attention.weights.tobytes(), attention.read.tobytes()]
    return said


@pytest.mark.parametrize("around", AROUND)
def test_what_is_chosen_around_it_changes_nothing(named: str, around: str) -> None:
    """Neither where it is loaded nor where it acts."""
    policy = load_policy(named)
    expected = answer(policy)
    chosen = torch.empty(0).dtype, torch.get_num_threads()
    with AROUND[around]():
        there = torch.empty(0).dtype, torch.empty(0).device, torch.get_num_threads(), torch.is_grad_enabled()
        assert answer(policy) == expected
        loaded = load_policy(named)
        assert (torch.empty(0).dtype, torch.empty(0).device, torch.get_num_threads(), torch.is_grad_enabled()) == there
    assert (torch.empty(0).dtype, torch.get_num_threads()) == chosen
    assert answer(loaded) == expected
    assert all(weight.requires_grad and not weight.is_inference() for weight in loaded.network.parameters())


def test_nobodys_chance_is_moved(named: str) -> None:
    torch.manual_seed(3), np.random.seed(3), random.seed(3)  # noqa: NPY002
    drawn = []
    for load in (lambda: None, lambda: answer(load_policy(named))):
        torch.manual_seed(3), np.random.seed(3), random.seed(3)  # noqa: NPY002
        load()
        drawn.append((torch.rand(1).item(), np.random.rand(), random.random()))  # noqa: NPY002
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("way", [copy.deepcopy, lambda policy: pickle.loads(pickle.dumps(policy))])
def test_a_copy_decides_alike(named: str, way: Callable[[Policy], Policy]) -> None:
    policy = load_policy(named)
    assert answer(way(policy)) == answer(policy)


FORK = """
import os, sys
import numpy as np, torch
from agent import load_policy
torch.set_num_threads(2)
policy = load_policy("topk-patches")
seen = {"frame": np.zeros((64, 72, 128, 3), np.uint8), "speed": np.zeros((64, 1), np.float32)}
policy.act(seen, None)
child = os.fork()
policy.act(seen, None)
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_goes_on_after_act() -> None:
    """Torch's own threads do not outlive a fork; `act` uses none."""
    subprocess.run([sys.executable, "-c", FORK], cwd=ROOT, check=True, timeout=120)
