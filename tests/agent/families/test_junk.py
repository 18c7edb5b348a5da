"""Replacing unread cells in training touches unread cells only, and pastes only what was unread elsewhere."""

import numpy as np
import pytest
import torch

from agent.families.topk_patches import junk

FRAMES, CELLS, VALUES = 64, 12, 48


def nothing(frames: torch.Tensor) -> torch.Tensor:
    """Blurred to nothing."""
    return torch.zeros(len(frames), CELLS, VALUES)


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_read_cells_stay_and_replaced_cells_are_reported(generator: torch.Generator) -> None:
    patches = torch.rand(FRAMES, CELLS, VALUES, generator=generator) - 0.5
    kept = torch.rand(FRAMES, CELLS, generator=generator) < 0.3
    edited, replaced, closing = junk.replace_unread(patches, kept, nothing, generator)
    assert torch.equal(edited[kept], patches[kept])
    assert not (replaced & kept).any()
    assert not (closing & ~replaced).any()
    assert 0 < closing.sum() < replaced.sum()
    changed = (edited != patches).any(-1)
    assert not (changed & ~replaced).any()
    assert changed.float().mean() > 0.4
    assert edited.abs().max() <= 0.5


def test_cells_that_were_read_elsewhere_are_never_pasted(generator: torch.Generator) -> None:
    """Read cells are marked with a value that nothing else has; it must not turn up in another place."""
    kept = torch.rand(FRAMES, CELLS, generator=generator) < 0.5
    patches = torch.where(kept[..., None], 0.4321, 0.0).expand(FRAMES, CELLS, VALUES).clone()
    for _ in range(5):
        edited, _, _ = junk.replace_unread(patches, kept, nothing, generator)
        unread = edited[~kept]
        assert not (unread == 0.4321).all(-1).any()


@pytest.mark.parametrize("substrate", sorted(set(junk.OWN), key=lambda f: f.__name__), ids=lambda f: f.__name__)
def test_substrates_keep_shape_and_range(substrate, generator: torch.Generator) -> None:
    patches = torch.rand(FRAMES, CELLS, VALUES, generator=generator) - 0.5
    source = substrate(patches, generator)
    assert source.shape == patches.shape
    assert source.min() >= -0.5
    assert source.max() <= 0.5
    assert source.std(0).mean() > 0.01, "frames differ from one another"


def test_blur_keeps_a_flat_picture_and_lowers_contrast(generator: torch.Generator) -> None:
    flat = np.full((2, 24, 32, 3), 77, np.uint8)
    np.testing.assert_array_equal(junk.blur(flat, generator), flat)
    rough = np.random.default_rng(0).integers(0, 256, (2, 24, 32, 3), np.uint8)
    assert junk.blur(rough, generator).std() < 0.5 * rough.std()


def test_only_the_chosen_frames_are_blurred(generator: torch.Generator) -> None:
    asked = []

    def note(frames: torch.Tensor) -> torch.Tensor:
        asked.extend(frames.tolist())
        return torch.full((len(frames), CELLS, VALUES), 0.4321)

    patches, kept = torch.zeros(FRAMES, CELLS, VALUES), torch.zeros(FRAMES, CELLS, dtype=torch.bool)
    edited, _, closing = junk.replace_unread(patches, kept, note, generator)
    assert (edited == 0.4321).all((1, 2)).nonzero()[:, 0].tolist() == asked
    assert 0 < len(asked) < FRAMES / 3
    assert not closing[asked].any(), "what is blurred is too like the frame to be closed for good"


def test_frames_of_nothing_but_junk_show_nothing_of_the_frame(generator: torch.Generator) -> None:
    """Cells that go from left dark to right bright leave no such slope behind."""
    slope = torch.linspace(-0.5, 0.5, VALUES // 3)[:, None].expand(-1, 3).flatten()
    blind = junk.nothing_but_junk(slope.expand(FRAMES, CELLS, VALUES), generator)
    left, right = blind.unflatten(-1, (2, -1)).mean(-1).unbind(-1)
    assert (right - left).abs().mean() < 0.1, "0.5 in the frame itself"
    assert blind.std(0).mean() > 0.1, "frames differ from one another"
