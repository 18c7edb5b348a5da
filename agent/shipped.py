"""Which checkpoints come with the project. Needs no torch, so that listing them is quick."""

from pathlib import Path

from sim.assets import assets_folder

CONFIG = "config.json"
"""The file that makes a folder a checkpoint."""


def checkpoints_folder() -> Path:
    """Where the shipped checkpoints lie."""
    return assets_folder() / "checkpoints"


def policy_names() -> tuple[str, ...]:
    """Names of the shipped checkpoints."""
    return tuple(sorted(path.parent.name for path in checkpoints_folder().glob(f"*/{CONFIG}")))
