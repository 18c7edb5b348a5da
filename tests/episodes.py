"""Drives made by hand, for tests of what is worked out from them."""

from typing import Any

import numpy as np

from sim.rollout import Episode

WHOLE = ("seed", "ended", "duration", "action", "share_read")


def episode_of(**values: Any) -> Episode:
    """An episode with these parts by name: arrays are columns, all else is outcome."""
    told = {name: value for name, value in values.items() if name not in WHOLE}
    columns = {name: value for name, value in told.items() if isinstance(value, np.ndarray)}
    outcome = {name: value for name, value in told.items() if name not in columns}
    return Episode(**{name: values[name] for name in WHOLE}, columns=columns, outcome=outcome)


def changed(episode: Episode, **values: Any) -> Episode:
    """The same episode with other values of these names."""
    whole = {name: getattr(episode, name) for name in WHOLE}
    return episode_of(**{**whole, **episode.columns, **episode.outcome, **values})
