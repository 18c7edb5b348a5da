"""RedGaze's simulator: worlds, camera, truth and window. Importing this package loads nothing heavy."""

__version__ = "0.1.0"

WORLD_VERSION = "1"
"""Raised whenever the same seed may give another world, picture or score; every result names it."""
