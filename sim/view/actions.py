"""What a person can do to a running demo: the one list behind the keys, the help and the tests."""

from typing import NamedTuple


class Action(NamedTuple):
    """`keys` are named as pygame names them."""

    name: str
    keys: tuple[str, ...]
    help: str


NEXT_TRACK, NEXT_THEME, QUIT = "next track", "next theme", "quit"

ACTIONS = (
    Action("pause", ("space",), "pause, and go on"),
    Action("step", ("s", "right"), "one control step, then pause"),
    Action(NEXT_TRACK, ("n",), "the next track"),
    Action(NEXT_THEME, ("t",), "the next theme, on the same track"),
    Action("overlay", ("o",), "the red on and off"),
    Action(QUIT, ("q", "escape"), "quit"),
)

ACTION_OF_KEY = {key: action.name for action in ACTIONS for key in action.keys}
