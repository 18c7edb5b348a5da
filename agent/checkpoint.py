"""A checkpoint is a folder of data: config.json, model.safetensors and, once measured, eval.json. No pickle."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
from torch import nn

from agent.families import FAMILIES, family
from agent.shipped import CONFIG, checkpoints_folder, policy_names
from sim.errors import unknown
from sim.files import replacing, write_text
from sim.policy import Policy

WEIGHTS = "model.safetensors"


def load_policy(name_or_folder: str | Path) -> Policy:
    """A shipped policy by name, or one from a checkpoint folder. ValueError in one line where neither is one."""
    folder = _find(name_or_folder)
    family_name, config, provenance = _read_config(folder / CONFIG)
    network = family(family_name).network(config)
    provenance["weights_sha256"] = load_weights(network, folder / WEIGHTS)
    policy = family(family_name).policy(network)
    policy.provenance = {"policy": family_name, **provenance}  # type: ignore[attr-defined]
    return policy


def save_checkpoint(folder: Path, family_name: str, network: nn.Module, provenance: dict[str, Any]) -> None:
    """Write weights, then the configuration that makes the folder count; each file whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / WEIGHTS) as part:
        part.write_bytes(safetensors.torch.save(dict(network.state_dict())))
    content = {"family": family_name, "model": dataclasses.asdict(network.config), "training": provenance}  # type: ignore[call-overload]
    write_text(folder / CONFIG, json.dumps(content, indent=2) + "\n")


def load_weights(network: nn.Module, path: Path) -> str:
    """Fill the network, strictly, and return the file's SHA-256. ValueError where the file is not the network's."""
    try:
        data = path.read_bytes()
        network.load_state_dict(safetensors.torch.load(data), strict=True)
    except FileNotFoundError:
        raise ValueError(f"{path} is missing: a checkpoint needs {CONFIG} and {WEIGHTS}") from None
    except (safetensors.SafetensorError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(
            f"{path} does not hold this network's weights (damaged or of another shape): {reason}"
        ) from None
    return hashlib.sha256(data).hexdigest()


def _find(name_or_folder: str | Path) -> Path:
    shipped = checkpoints_folder() / str(name_or_folder)
    for folder in (Path(name_or_folder), shipped):
        if (folder / CONFIG).is_file():
            return folder
    if Path(name_or_folder).is_dir():
        raise ValueError(f"{name_or_folder} is not a checkpoint: it has no {CONFIG}")
    raise unknown("policy", name_or_folder, policy_names() or FAMILIES)


def _read_config(path: Path) -> tuple[str, Any, dict[str, Any]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        name, values = content["family"], content["model"]
        tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
        return name, family(name).config(**tuples), dict(content.get("training", {}))
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a checkpoint's configuration: {type(error).__name__}: {error}") from None
