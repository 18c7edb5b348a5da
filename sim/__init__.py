"""RedGaze's simulator: worlds, camera, truth and window.

Importing this package registers its environment with Gymnasium and loads nothing heavy.
"""

from sim import interrupts as interrupts  # first: Ctrl-C while the rest is loaded
from sim.registration import register_environments

__version__ = "0.1.0"

WORLD_VERSION = "5"
"""Raised whenever the same seed may give another world, picture or score; every result names it."""

register_environments()
