"""Where the shipped themes and checkpoints are, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def assets_folder() -> Path:
    """The `assets` folder: inside the package when installed from a wheel, beside it in a checkout."""
    packed = _PACKAGE / "_assets"
    return packed if packed.is_dir() else _PACKAGE.parent / "assets"
