"""The flagship's promise by construction: the controller is a function of kept patches and speed."""

import numpy as np
import pytest
import torch

from agent.families.frames import parameter_count
from agent.families.patches import position_features, to_patches
from agent.families.topk_patches.network import (
    CERTAIN,
    CLOSED_FOR_GOOD,
    TAUGHT,
    TEMPERATURE,
    TopKPatches,
    TopKPatchesConfig,
    most_open,
    peak_shares,
)
from agent.families.topk_patches.policy import TopKPatchesPolicy
from agent.shown import SHOWN

CONFIG = TopKPatchesConfig()


def half_open_policy(seed: int = 0) -> TopKPatchesPolicy:
    """An untrained network whose gates are set so that some patches of noise frames are open, some closed."""
    torch.manual_seed(seed)
    network = TopKPatches(CONFIG)
    patches = network.patches(torch.from_numpy(frames(8)))
    with torch.no_grad():
        network.gate[1].bias -= network.gate_logits(patches).quantile(0.9)
    return TopKPatchesPolicy(network)


def frames(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, 72, 128, 3), np.uint8)


def observe(frame: np.ndarray, speed: float = 10.0) -> dict:
    return {"frame": frame, "speed": np.full((len(frame), 1), speed, np.float32)}


def test_patches_are_the_frame_cut_in_cells() -> None:
    numbered = torch.arange(72 * 128).reshape(1, 72, 128, 1)
    patches = to_patches(numbered, CONFIG.patch_size)
    assert patches.shape == (1, 144, 64)
    second_of_second_row = patches[0, 17].reshape(8, 8)  # 16 cells a row: cell 17 is row 1, column 1
    assert second_of_second_row[0, 0] == 8 * 128 + 8
    assert second_of_second_row[7, 7] == 15 * 128 + 15


def test_positions_are_cell_centres() -> None:
    features = position_features(9, 16, octaves=1)
    assert features.shape == (144, 6)
    assert features[0, :2].tolist() == pytest.approx([-8 / 9, -15 / 16])
    assert features[-1, 2:4].tolist() == pytest.approx([np.sin(np.pi * 8 / 9), np.sin(np.pi * 15 / 16)], abs=1e-6)


def test_a_pattern_is_seen_alike_wherever_a_window_finds_it() -> None:
    """Moved by the windows' stride, a small thing gives the filters the same answer in the next window."""
    encoder = TopKPatches(CONFIG).gate[0]
    patches = torch.zeros(2, 144, 8, 8, 3)
    patches[0, 0, 1:3, 1:3, 0] = patches[1, 0, 3:5, 3:5, 0] = 0.5
    seen: list[torch.Tensor] = []
    encoder.filters.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    encoder(patches.flatten(2))
    windows = seen[0][:, 0].reshape(2, 3, 3, -1)
    torch.testing.assert_close(windows[0, 0, 0], windows[1, 1, 1])
    assert not torch.allclose(windows[0, 0, 0], windows[1, 0, 0])


def test_patches_smaller_than_a_window_are_refused() -> None:
    with pytest.raises(ValueError, match=r"patches of \(2, 2\) pixels: expected at least 4"):
        TopKPatchesConfig(patch_size=(2, 2))


def test_size() -> None:
    assert parameter_count(TopKPatches(CONFIG)) < 150_000


def test_unread_content_cannot_change_one_bit_of_the_action() -> None:
    policy, clean = half_open_policy(), frames(16)
    decision, _ = policy.act(observe(clean), None)
    kept = decision.attention.kept
    assert 0 < kept.mean() < 0.5
    edited = np.where(policy.cells.to_pixels(kept, 72, 128)[..., None], clean, frames(16, seed=1))
    again, _ = policy.act(observe(edited), None, keep=kept)
    np.testing.assert_array_equal(decision.action, again.action)


def test_read_content_does_change_it() -> None:
    policy, clean = half_open_policy(), frames(16)
    decision, _ = policy.act(observe(clean), None)
    kept = decision.attention.kept
    edited = np.where(policy.cells.to_pixels(kept, 72, 128)[..., None], frames(16, seed=1), clean)
    again, _ = policy.act(observe(edited), None, keep=kept)
    assert (decision.action != again.action).any(axis=1).all()


def test_a_cell_is_gated_alone() -> None:
    """Changing every other cell leaves a cell's gate as it was."""
    policy, clean = half_open_policy(), frames(4)
    changed = frames(4, seed=2)
    changed[:, 16:24, 32:40] = clean[:, 16:24, 32:40]
    logits = [
        policy.network.gate_logits(policy.network.patches(torch.from_numpy(x)))[:, 2 * 16 + 4] for x in (clean, changed)
    ]
    assert torch.equal(*logits)


def test_keeping_nothing_is_legal_and_the_map_is_zero() -> None:
    policy, nothing = half_open_policy(), np.zeros((3, 9, 16), bool)
    decision, _ = policy.act(observe(frames(3)), None, keep=nothing)
    assert not decision.attention.weights.any()
    assert np.isfinite(decision.action).all()
    assert (decision.action == decision.action[0]).all(), "the null token drives, whatever the frame"


def test_the_cap_keeps_the_strongest() -> None:
    config = TopKPatchesConfig(most_kept=5)
    network = TopKPatches(config)
    logits = torch.arange(-70.0, 74.0)[None]
    assert network.threshold(logits)[0].nonzero()[:, 0].tolist() == [139, 140, 141, 142, 143]
    assert network.threshold(logits - 70)[0].sum() == 3, "below the cap the threshold alone decides"


def test_map_sums_to_one_and_lies_on_kept_cells() -> None:
    attention = half_open_policy().act(observe(frames(6)), None)[0].attention
    np.testing.assert_allclose(attention.weights.sum((1, 2)), 1, rtol=1e-5)
    np.testing.assert_allclose(attention.heads.sum((2, 3)), 1, rtol=1e-5)
    assert not attention.weights[~attention.kept].any()
    assert attention.weights.min() >= 0


def test_the_last_head_is_who_holds_the_peaks() -> None:
    """By hand: of four features that are anything anywhere, cell 2 holds three and cell 0 one."""
    tokens = torch.tensor([[[1.0, 0, 0, 0, 5], [0, 1, 0, 0, 0], [0, 2, 3, 0, 6]]])
    assert peak_shares(*tokens.max(1), cells=3).tolist() == [[0.25, 0.0, 0.75]]


def test_a_gate_opens_for_any_of_its_reasons() -> None:
    """Nothing is wanted; then the second of the things that are taught is known, everywhere, and the cap decides."""
    network = TopKPatches(CONFIG)
    patches = network.patches(torch.from_numpy(frames(2)))
    with torch.no_grad():
        torch.nn.init.zeros_(network.gate[1].weight)
        network.gate[1].bias.fill_(-2.0)
        assert not network.decide(patches, torch.zeros(2, 1)).kept.any()
        network.names.weight[SHOWN.index(TAUGHT[1])] = 0
        network.names.bias[SHOWN.index(TAUGHT[1])] = CERTAIN + 1.0
    reading = network.decide(patches, torch.zeros(2, 1), None)
    assert (reading.logits == 1).all()
    assert (reading.reasons[..., 0] == -2).all()
    assert (reading.kept.sum(1) == CONFIG.most_kept).all()


def test_the_gate_begins_with_what_the_controller_sees() -> None:
    """Both encoders answer alike from then on, and are two: training one leaves the other."""
    torch.manual_seed(0)
    network = TopKPatches(CONFIG)
    patches = network.patches(torch.from_numpy(frames(2)))
    assert not torch.equal(network.gate[0](patches), network.read[0](patches))
    network.begin_gating()
    torch.testing.assert_close(network.gate[0](patches), network.read[0](patches))
    with torch.no_grad():
        network.gate[0].place.bias += 1
    assert not torch.equal(network.gate[0](patches), network.read[0](patches))


def test_training_and_driving_agree() -> None:
    policy, clean = half_open_policy(), frames(5)
    patches, speed = policy.network.patches(torch.from_numpy(clean)), torch.full((5, 1), 10.0)
    trained, driven = policy.network(patches, speed), policy.network.decide(patches, speed)
    assert torch.equal(trained.kept, driven.kept)
    torch.testing.assert_close(trained.action, driven.action)
    torch.testing.assert_close(trained.attention, driven.attention)


def test_a_training_step_leaves_out_what_is_closed_for_good() -> None:
    """The frame with the most cells above the limit sets the number; the others add their next."""
    logits = torch.tensor([[-9.0, 5.0, -3.9, -8.0], [-7.0, -6.0, -9.0, 2.0]])
    assert most_open(logits).tolist() == [[1, 2], [1, 3]]


def test_closed_cells_hardly_pull_at_their_gates() -> None:
    """What is left out is a hundredth of what an open gate's slope would be, or less."""
    limit = torch.tensor(CLOSED_FOR_GOOD / TEMPERATURE)
    slope = torch.sigmoid(limit) * (1 - torch.sigmoid(limit))
    assert slope < 0.01 * 0.25 * 1.01


@pytest.mark.parametrize(
    ("frame", "message"),
    [(np.zeros((1, 96, 96, 3), np.uint8), "expected uint8"), (np.zeros((1, 72, 128, 3), np.float32), "float32")],
)
def test_wrong_frames_are_refused(frame: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        half_open_policy().act(observe(frame), None)


def test_wrong_keep_is_refused() -> None:
    with pytest.raises(ValueError, match=r"keep has shape \(1, 2, 2\), expected \(1, 9, 16\)"):
        half_open_policy().act(observe(frames(1)), None, keep=np.zeros((1, 2, 2), bool))


def test_a_randomised_gate_keeps_the_budget_but_not_the_choice() -> None:
    policy = half_open_policy()
    other = policy.with_randomised_gate(1)
    mine, theirs = (p.act(observe(frames(20)), None)[0].attention.kept for p in (policy, other))
    np.testing.assert_array_equal(mine.sum((1, 2)), theirs.sum((1, 2)))
    assert (mine & theirs).sum() < 0.5 * mine.sum()


def test_patches_must_tile_the_frame() -> None:
    with pytest.raises(ValueError, match="do not tile"):
        TopKPatchesConfig(patch_size=(7, 8))


def test_no_frames_have_no_patches() -> None:
    assert to_patches(torch.zeros(0, 72, 128, 3), CONFIG.patch_size).shape == (0, 144, 192)
