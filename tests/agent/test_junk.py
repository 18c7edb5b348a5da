"""Replacing unread cells in training touches unread cells only, and pastes only what was unread elsewhere."""

import pytest
import torch

from agent.train import junk

FRAMES, CELLS, VALUES = 64, 12, 48


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def test_read_cells_stay_and_replaced_cells_are_reported(generator: torch.Generator) -> None:
    patches = torch.rand(FRAMES, CELLS, VALUES, generator=generator) - 0.5
    kept = torch.rand(FRAMES, CELLS, generator=generator) < 0.3
    edited, replaced, closing = junk.replace_unread(patches, kept, patches * 0, generator)
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
        edited, _, _ = junk.replace_unread(patches, kept, patches * 0, generator)
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


def test_blur_keeps_the_mean_of_a_flat_image_and_lowers_contrast(generator: torch.Generator) -> None:
    flat = torch.full((2, 3, 24, 32), 0.25)
    torch.testing.assert_close(junk.blur(flat, generator), flat)
    rough = torch.rand(2, 3, 24, 32, generator=generator)
    assert junk.blur(rough, generator).std() < 0.5 * rough.std()
