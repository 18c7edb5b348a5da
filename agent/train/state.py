"""A training run's state on disk, from which it goes on as if never stopped: one small safetensors file, replaced
whole, and the data of every drive in a file of its own, written once.

No random generator is saved: every draw is a function of the run's seed and the step, so a step can be taken again.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import safetensors
import torch
from safetensors.torch import save as serialised
from torch import Tensor, nn

from agent.config import Config, leaves
from agent.families import find
from agent.train.drives import Rows
from sim.files import replacing

FILE = "training.safetensors"
NOT_THE_RUN = ("out", "quick", "resume", "save_every")
"""Options that do not change the final weights."""


def drive_file(turn: int) -> str:
    """Name of the file that holds the data of round `turn`."""
    return f"drive-{turn:02d}.safetensors"


def save(config: Config, step: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write the state after `step` gradient steps, whole or not at all."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    _write(config.run.out / FILE, tensors, {"step": str(step), "config": json.dumps(_identity(config))})


def save_drive(config: Config, turn: int, drive: list[Rows]) -> None:
    """Write the data of a drive, one Rows a pool. A drive that is taken again leaves the same file."""
    tensors = {
        f"{pool}.{name}": torch.from_numpy(value)
        for pool, rows in enumerate(drive)
        for name, value in vars(rows).items()
    }
    _write(config.run.out / drive_file(turn), tensors, {})


def options_of(out: Path) -> dict[str, Any]:
    """The options of the run whose state is in a folder, by name, see `agent.config.leaves`. ValueError in one line
    where there is none."""
    path = out / FILE
    if not path.is_file():
        raise ValueError(f"nothing to resume: {path} does not exist (start without --resume)")
    try:
        with safetensors.safe_open(path, "pt") as file:
            return dict(json.loads(file.metadata()["config"]))
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path} is damaged: {error}") from None


def load(config: Config, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Fill network and optimizer; return the steps done. ValueError in one line where that cannot be."""
    path = config.run.out / FILE
    _same_run(config, options_of(config.run.out), path)
    tensors, metadata = _read(path)
    network.load_state_dict(_group(tensors, "network"))
    _load_optimizer(optimizer, _group(tensors, "optimizer"))
    return int(metadata["step"])


def load_drive(config: Config, turn: int) -> list[Rows]:
    """The data of a drive. ValueError in one line where the file is missing or damaged."""
    path = config.run.out / drive_file(turn)
    if not path.is_file():
        raise ValueError(f"{path} is missing: the run cannot go on without the data of its round {turn}")
    tensors, _ = _read(path)
    pools = len({name.split(".", 1)[0] for name in tensors})
    return [_rows(_group(tensors, str(pool)), path) for pool in range(pools)]


def _rows(tensors: dict[str, Tensor], path: Path) -> Rows:
    lacking = [each.name for each in fields(Rows) if each.name not in tensors]
    if lacking:
        raise ValueError(f"{path} is of an older version, it lacks {', '.join(lacking)}: begin anew into another --out")
    return Rows(**{name: value.numpy() for name, value in tensors.items()})


def _write(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> None:
    with replacing(path) as part:
        part.write_bytes(serialised(tensors, metadata))  # OSError if the disk is full


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safetensors.safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}  # noqa: SIM118 (no dict)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path} is damaged: {error}") from None


def _identity(config: Config) -> dict[str, Any]:
    """What makes the weights what they are, as JSON has it; a family goes by its name, wherever it is found."""
    parts = (config.run, config.dagger, config.data, config.own)
    values = {name: value for part in parts for name, value in leaves(part).items() if name not in NOT_THE_RUN}
    return json.loads(json.dumps({**values, "policy": find(config.run.policy).name}))


def _same_run(config: Config, saved: dict[str, Any], path: Path) -> None:
    mine = _identity(config)
    lacking = [name for name in mine if name not in saved]
    if lacking and saved["policy"] == mine["policy"]:
        raise ValueError(f"{path} is of an older version, it lacks {lacking[0]}: begin anew into another --out")
    longer = mine["rounds"] > saved["rounds"]  # a finished run may be gone on with; see `Finishing`
    for name in ("policy", *mine):
        if mine[name] != saved[name] and not (name == "rounds" and longer):
            given = f"{path} was trained with {name} = {saved[name]}, not {mine[name]}"
            raise ValueError(f"{given}: leave that option out, or begin anew into another --out")


def _group(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.split(".", 1)[1]: value for name, value in tensors.items() if name.startswith(prefix + ".")}


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
