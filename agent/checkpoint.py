"""A checkpoint is a folder of data: config.json, model.safetensors and, once measured, eval.json. No pickle."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from agent.families import FAMILIES, Family, find
from agent.families.undisturbed import chance_kept, plain_torch
from agent.shipped import CONFIG, checkpoints_folder, policy_names
from sim.files import replacing, typed_path, write_text
from sim.lookup import named, unfound
from sim.policy import Policy
from sim.provenance import plain

WEIGHTS = "model.safetensors"


WAYS = "a shipped name, a checkpoint folder, FILE.py:family@FOLDER, FILE.py:object or module:object"
"""How a policy is named."""

AT = "@"
"""Between a family of one's own and a checkpoint of it."""


def load_policy(name: str | Path | Policy) -> Policy:
    """A policy: a shipped one by name, a checkpoint folder, FAMILY@FOLDER for a checkpoint of a family of one's own, or
    a policy of one's own as FILE.py:object or module:object, or itself.

    A file is executed only where it is named here: a checkpoint cannot have one executed. The process's chance stays as
    it is. ValueError in one line where there is no such policy.
    """
    if isinstance(name, Policy):
        return name
    with chance_kept():
        return _found(name)


def _found(name: str | Path) -> Policy:
    family, at, folder = str(name).rpartition(AT)
    if at and ":" in family and not _is_checkpoint(typed_path(name)):
        return _load(_find(folder), find(family))
    if ":" in str(name) and not typed_path(name).is_dir():
        return named("policy", str(name), {}, Policy)  # type: ignore[type-abstract]
    return _load(_find(name))


def save_checkpoint(
    folder: Path, family: Family, network: nn.Module, provenance: dict[str, Any], reference: str = ""
) -> None:
    """Write weights, then the configuration that makes the folder count; each file whole or not at all.

    reference: where a family of one's own is found, FILE.py:object or module:object; a hint for people alone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / WEIGHTS) as part:
        part.write_bytes(safetensors.torch.save(dict(network.state_dict())))
    where = {"family_at": reference} if ":" in reference else {}
    shape: Any = network.config
    content = {"family": family.name, **where, "model": dataclasses.asdict(shape), "training": provenance}
    write_text(folder / CONFIG, json.dumps(plain(content), indent=2) + "\n")


def with_family(family: str, folder: Path) -> str:
    """How to name a checkpoint of this family, itself named as FILE.py:object, module:object or by its name."""
    return f"{family}{AT}{folder}" if ":" in family else str(folder)


def family_at(folder: Path) -> str:
    """Where a checkpoint says its family is found, FILE.py:object or module:object; "" where it does not."""
    return str(_read_config(folder / CONFIG).get("family_at", "")) if _is_checkpoint(folder) else ""


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


def _load(folder: Path, family: Family | None = None) -> Policy:
    """The policy in a folder; family: what it was named with. ValueError where it is of another."""
    content = _read_config(folder / CONFIG)
    own = _family_of(folder, content, family)
    with plain_torch(), torch.inference_mode(False):
        network = own.network(_shape(folder / CONFIG, own, content))
        weights_sha256 = load_weights(network, folder / WEIGHTS)
        policy = own.policy(network)
    provenance = {**content.get("training", {}), "weights_sha256": weights_sha256}
    policy.provenance = {"policy": own.name, **provenance}  # type: ignore[attr-defined]
    return policy


def _family_of(folder: Path, content: dict[str, Any], family: Family | None) -> Family:
    """The family of a checkpoint, which is registered or was named with it."""
    name, where = content["family"], content.get("family_at")
    if family is not None and family.name != name:
        raise ValueError(f"{folder} is a checkpoint of {name!r}; expected one of {family.name!r}, as is named with it")
    if name not in FAMILIES and where:
        told = f"{folder} is a checkpoint of {name!r}, a family of somebody's own in {where}"
        raise ValueError(f"{told}: name it too, if you trust that file: {with_family(where, folder)}")
    return family or find(name)


def _is_checkpoint(folder: Path) -> bool:
    return (folder / CONFIG).is_file()


def _find(name_or_folder: str | Path) -> Path:
    path, shipped = typed_path(name_or_folder), checkpoints_folder() / str(name_or_folder)
    for folder in (path, shipped):
        if _is_checkpoint(folder):
            return folder
    if path.is_dir():
        raise ValueError(f"{name_or_folder} is not a checkpoint: it has no {CONFIG}")
    if _is_checkpoint(path.parent) and path.is_file():
        raise ValueError(f"policy {str(path)!r} is a file of a checkpoint; expected its folder, {path.parent}")
    raise unfound("policy", str(name_or_folder), policy_names() or FAMILIES, WAYS)


def _read_config(path: Path) -> dict[str, Any]:
    """A checkpoint's configuration; a dictionary with the names of its family and of the values of its shape."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        str(content["family"]), dict(content["model"])
        return content
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise _no_configuration(path, error) from None


def _shape(path: Path, family: Family, content: dict[str, Any]) -> Any:
    """The family's configuration; JSON knows lists where it has tuples."""
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in content["model"].items()}
    try:
        return family.config(**values)
    except TypeError as error:
        raise _no_configuration(path, error) from None


def _no_configuration(path: Path, error: Exception) -> ValueError:
    return ValueError(f"{path} is not a checkpoint's configuration: {type(error).__name__}: {error}")
