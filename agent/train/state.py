"""A training run's state on disk: one safetensors file, replaced whole, from which a run goes on as if never stopped.

No random generator is saved: every draw is a function of the run's seed and the step, so a step can be taken again.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import torch
from safetensors.torch import save as serialised
from torch import Tensor, nn

from agent.config import Config
from agent.dataset import Rows
from sim.files import replacing

FILE = "training.safetensors"
NOT_THE_RUN = ("out", "resume", "save_every")
"""Options that do not change the final weights."""


def save(config: Config, step: int, network: nn.Module, optimizer: torch.optim.Optimizer, rows: Rows) -> None:
    """Write the state after `step` gradient steps, whole or not at all."""
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    tensors |= {f"rows.{name}": torch.from_numpy(value) for name, value in vars(rows).items()}
    with replacing(config.out / FILE) as part:
        part.write_bytes(
            serialised(tensors, {"step": str(step), "config": _identity(config)})
        )  # OSError if the disk is full


def load(config: Config, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, Rows]:
    """Fill network and optimizer; return the steps done and the rows. ValueError in one line where that cannot be."""
    path = config.out / FILE
    if not path.is_file():
        raise ValueError(f"nothing to resume: {path} does not exist (start without --resume)")
    try:
        with safetensors.safe_open(path, "pt") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except safetensors.SafetensorError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    _same_run(config, metadata["config"], path)
    network.load_state_dict(_group(tensors, "network"))
    _load_optimizer(optimizer, _group(tensors, "optimizer"))
    rows = Rows(**{name: value.numpy() for name, value in _group(tensors, "rows").items()})
    return int(metadata["step"]), rows


def _identity(config: Config) -> str:
    values = {name: value for name, value in dataclasses.asdict(config).items() if name not in NOT_THE_RUN}
    return json.dumps(values, sort_keys=True)


def _same_run(config: Config, saved: str, path: Path) -> None:
    mine, theirs = json.loads(_identity(config)), json.loads(saved)
    longer = mine["rounds"] > theirs["rounds"]  # a finished run may be gone on with; its learning rate warms up again
    for name in mine:
        if mine[name] != theirs.get(name) and not (name == "rounds" and longer):
            raise ValueError(
                f"{path} was trained with {name} = {theirs.get(name)}, not {mine[name]}: give the same options"
            )


def _group(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.split(".", 1)[1]: value for name, value in tensors.items() if name.startswith(prefix + ".")}


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        state.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def no_rows() -> Rows:
    """An empty data set."""
    return Rows(np.zeros(0, np.int64), np.zeros((0, 7)), np.zeros(0))
