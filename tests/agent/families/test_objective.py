"""The budget on open gates by hand, and the losses' promises."""

import math
from dataclasses import replace

import pytest
import torch

from agent.families.imitation import imitation_loss
from agent.families.naming import naming_loss
from agent.families.objective import Progress
from agent.families.topk_patches.network import TopKPatches, TopKPatchesConfig
from agent.families.topk_patches.objective import SHARP, ReadLittle, budget_loss
from agent.families.topk_patches.options import Closing, Finishing, TopKPatchesOptions
from agent.shown import SHOWN


def logits(open_gates: int, gates: int = 100, size: float = 30.0) -> torch.Tensor:
    """Gates that are wide open or tightly closed."""
    return torch.where(torch.arange(gates) < open_gates, size, -size)[None].requires_grad_()


def test_at_the_start_every_gate_may_be_open() -> None:
    loss, share = budget_loss(logits(100), 0.09, done=0.0)
    assert loss.item() == pytest.approx(0)
    assert share.item() == 1


@pytest.mark.parametrize("open_gates", [8, 9])
def test_within_the_budget_nothing_is_asked(open_gates: int) -> None:
    assert budget_loss(logits(open_gates), 0.09, done=1.0)[0].item() == pytest.approx(0, abs=1e-6)


def test_above_the_budget_costs_the_surplus() -> None:
    assert budget_loss(logits(30), 0.09, done=1.0)[0].item() == pytest.approx(0.30 - 0.09)


def test_half_way_the_budget_is_the_geometric_mean() -> None:
    assert budget_loss(logits(100), 0.09, done=0.5)[0].item() == pytest.approx(1 - math.sqrt(0.09))


def test_below_the_floor_closed_gates_are_pulled_open() -> None:
    """Gates that are all half closed meet a soft budget and are still too few."""
    gates = torch.full((1, 100), SHARP * math.log(0.09 / 0.91), requires_grad=True)
    loss, share = budget_loss(gates, 0.09, done=1.0)
    assert share.item() == 0
    assert loss.item() == pytest.approx(3 * 0.85 * 0.09, abs=1e-6)
    loss.backward()
    assert (gates.grad < 0).all(), "a step downhill opens them"


@pytest.mark.parametrize(("column", "weight", "beyond"), [(0, 8, 0.2), (1, 4, 0.6)])
def test_imitation_weighs_steer_above_pedal_and_bounds_outliers(column: int, weight: float, beyond: float) -> None:
    """Half the square of small errors, and linear far out; the mean of both components."""

    def loss(error: float) -> float:
        action = torch.zeros(1, 2)
        action[0, column] = error
        return imitation_loss(action, torch.zeros(1, 2)).item()

    assert loss(0.1) == pytest.approx(weight / 2 * 0.1**2 / 2)
    assert loss(0.9) - loss(0.8) == pytest.approx(weight / 2 * beyond * 0.1)


def test_naming_counts_what_is_rare_more() -> None:
    """Of even odds, by hand: log 2 for each of the five names that do not apply, 8 log 2 for a vehicle."""
    vehicle = torch.eye(len(SHOWN))[:1]
    assert naming_loss(torch.zeros(1, len(SHOWN)), vehicle).item() == pytest.approx((5 + 8) / 6 * math.log(2))


def test_names_never_reach_the_gate() -> None:
    """The gradient of the controller's naming reaches its encoder and no weight of the gate."""
    torch.manual_seed(0)
    network = TopKPatches(TopKPatchesConfig())
    reading = network(torch.rand(4, 144, 192) - 0.5, torch.full((4, 1), 5.0))
    named = network.names(reading.features)
    naming_loss(named, torch.ones_like(named)).backward()
    assert network.names.weight.grad is not None
    assert network.read[0].place.weight.grad.abs().max() > 0
    assert all(weight.grad is None for weight in network.gate.parameters())


def test_finishing_rounds_have_a_budget_of_their_own() -> None:
    closing = Closing(budget=0.2, margin=0.5)
    learned = ReadLittle(TopKPatchesOptions(closing=closing, finishing=Finishing(budget=0.3)))
    progress = Progress(step=0, round=3, rounds=3.0, finishing=False, seed=0)
    assert learned.closing(progress) == closing
    assert learned.closing(replace(progress, finishing=True)) == Closing(budget=0.3, margin=0.5)


def test_gates_close_from_their_round_on_and_the_budget_comes_down() -> None:
    learned = ReadLittle(TopKPatchesOptions(closing=Closing(from_round=2, ramp_rounds=2.0)))
    rounds = [Progress(step=0, round=int(at), rounds=at, finishing=False, seed=0) for at in (1.9, 2.0, 3.0, 4.0, 7.5)]
    assert [learned.closes(progress) for progress in rounds] == [False, True, True, True, True]
    assert [learned.closed(progress) for progress in rounds] == [0.0, 0.0, 0.5, 1.0, 1.0]


@pytest.mark.parametrize(
    ("rounds", "told", "lacks"),
    [
        (0.0, "all gates open until round 5", True),
        (4.9, "all gates open until round 5", True),
        (5.0, "gates close until round 9: 40% of the cells pass", True),
        (9.0, "gates closed: 40% of the cells pass", False),
        (16.0, "gates closed: 40% of the cells pass", False),
    ],
)
def test_what_is_told_of_the_gates_is_so(rounds: float, told: str, lacks: bool) -> None:
    objective = ReadLittle(TopKPatchesOptions(Closing(from_round=5, ramp_rounds=4)))
    progress = Progress(0, int(rounds), rounds, False, 0)
    assert objective.told(progress, {"share_read": 0.4}) == told
    assert objective.lacks(progress) == ("its gates are not closed yet" if lacks else "")
