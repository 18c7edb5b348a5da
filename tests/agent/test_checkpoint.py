"""Checkpoints come back as they went, and bad ones are refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from agent import load_policy
from agent.checkpoint import WEIGHTS, save_checkpoint
from agent.families import find
from agent.families.topk_patches.network import TopKPatches, TopKPatchesConfig
from agent.shipped import CONFIG


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_checkpoint(
        tmp_path / "mine", find("topk-patches"), TopKPatches(TopKPatchesConfig(patch_size=(4, 8))), {"seed": 7}
    )
    return tmp_path / "mine"


def test_round_trip(folder: Path) -> None:
    torch.manual_seed(0)
    original = TopKPatches(TopKPatchesConfig(patch_size=(4, 8)))
    policy = load_policy(folder)
    for name, weight in original.state_dict().items():
        assert torch.equal(weight, policy.network.state_dict()[name])
    assert policy.provenance["seed"] == 7
    assert len(policy.provenance["weights_sha256"]) == 64
    action = policy.act({"frame": np.zeros((1, 72, 128, 3), np.uint8), "speed": np.ones((1, 1), np.float32)}, None)
    assert action[0].action.shape == (1, 2)


def truncate(folder: Path) -> None:
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])


def edit_config(**changes: object):
    def edit(folder: Path) -> None:
        content = json.loads((folder / CONFIG).read_text())
        content.update(changes)
        (folder / CONFIG).write_text(json.dumps(content))

    return edit


DAMAGE = {
    "truncated weights": (truncate, "does not hold this network's weights"),
    "garbage weights": (lambda folder: (folder / WEIGHTS).write_bytes(b"\x00" * 100), "does not hold"),
    "empty weights": (lambda folder: (folder / WEIGHTS).write_bytes(b""), "does not hold"),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), "is missing"),
    "not JSON": (lambda folder: (folder / CONFIG).write_text("{"), "is not a checkpoint's configuration"),
    "JSON list": (lambda folder: (folder / CONFIG).write_text("[]"), "is not a checkpoint's configuration"),
    "unknown option": (edit_config(model={"colour": 3}), "is not a checkpoint's configuration"),
    "unknown family": (edit_config(family="topk-patch"), "did you mean 'topk-patches'"),
    "another shape": (edit_config(model={"width": 32}), "does not hold this network's weights"),
    "no config": (lambda folder: (folder / CONFIG).unlink(), "has no config.json"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_told_in_one_line(folder: Path, name: str) -> None:
    damage, message = DAMAGE[name]
    damage(folder)
    with pytest.raises(ValueError, match=message) as caught:
        load_policy(folder)
    assert "\n" not in str(caught.value)


def test_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"unknown policy 'topk-pathces'.*did you mean 'topk-patches'"):
        load_policy("topk-pathces")


@pytest.mark.parametrize("name", [WEIGHTS, CONFIG])
def test_a_file_of_a_checkpoint_is_told_its_folder(folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}' is a file of a checkpoint; expected its folder, {folder}$"):
        load_policy(folder / name)


def test_home_is_known_without_a_shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder.parent))
    assert load_policy("~/mine").provenance["seed"] == 7
