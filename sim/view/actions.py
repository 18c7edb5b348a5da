"""What a person can do to a running demo: the one list behind the keys, the help and the tests."""

from typing import NamedTuple


class Action(NamedTuple):
    """`keys` are named as pygame names them; `capability` is what the source must offer, empty if nothing."""

    name: str
    keys: tuple[str, ...]
    help: str
    capability: str = ""


ACTIONS = (
    Action("pause", ("space",), "pause, and go on"),
    Action("step", ("s", "right"), "one control step, then pause"),
    Action("next track", ("n",), "the next track", "next track"),
    Action("next theme", ("t",), "the next theme on the same track", "next theme"),
    Action("overlay", ("o",), "the red on and off"),
    Action("quit", ("q", "escape"), "quit"),
)

ACTION_OF_KEY = {key: action.name for action in ACTIONS for key in action.keys}
