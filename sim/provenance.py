"""What made a result: versions of the world and of every package that its figures or pixels depend on."""

from importlib.metadata import PackageNotFoundError, version

from sim import WORLD_VERSION, __version__

PACKAGES = ("numpy", "numba", "opencv-python-headless", "torch", "gymnasium", "av")


def versions() -> dict[str, str]:
    """Version by name: the world, RedGaze, and those of PACKAGES that are installed. Nothing is imported for it."""
    found = {"world": WORLD_VERSION, "redgaze": __version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
