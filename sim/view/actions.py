"""What a person can do to a running demo: the one list behind the keys, the help and the tests."""

from typing import NamedTuple


class Action(NamedTuple):
    """`keys` are named as pygame names them; the first is the one that the help shows."""

    name: str
    keys: tuple[str, ...]
    help: str


PAUSE, STEP, SLOWER, FASTER = "pause", "step", "slower", "faster"
NEXT_TRACK, NEXT_THEME, NEXT_POLICY, NEXT_VIEW = "next track", "next theme", "next policy", "next view"
OVERLAY, RAW, WHEEL = "overlay", "raw", "wheel"
BLIND_READ, BLIND_UNREAD = "blind read", "blind unread"
MARK, WITHOUT, UNSEEN = "mark", "without", "unseen"
RECORD, SCREENSHOT, FULL_SCREEN, HELP, QUIT = "record", "screenshot", "full screen", "help", "quit"

ACTIONS = (
    Action(PAUSE, ("space",), "pause, and go on"),
    Action(STEP, ("s", "."), "one step, then pause"),
    Action(SLOWER, ("-", "[", "[-]"), "slower"),
    Action(FASTER, ("=", "]", "+", "[+]"), "faster"),
    Action(NEXT_TRACK, ("n",), "next track"),
    Action(NEXT_THEME, ("t",), "next theme, same track"),
    Action(NEXT_POLICY, ("p",), "next policy"),
    Action(NEXT_VIEW, ("v",), "next view"),
    Action(OVERLAY, ("o",), "red on and off"),
    Action(RAW, ("c",), "soft map: cells or smooth"),
    Action(BLIND_READ, ("b",), "grey out what it reads"),
    Action(BLIND_UNREAD, ("j",), "junk in what it does not"),
    Action(MARK, ("m",), "mark what binds the expert"),
    Action(WITHOUT, ("x",), "the world with and without it"),
    Action(UNSEEN, ("u",), "hide it from the network"),
    Action(WHEEL, ("w",), "take the wheel, give it back"),
    Action(RECORD, ("r",), "record, and stop"),
    Action(SCREENSHOT, ("i", "f12"), "save an image"),
    Action(FULL_SCREEN, ("f", "f11"), "full screen"),
    Action(HELP, ("h", "f1", "/"), "this help"),
    Action(QUIT, ("q", "escape"), "quit"),
)

ACTION_OF_KEY = {key: action.name for action in ACTIONS for key in action.keys}

DRIVING_KEYS = {"left": "left", "right": "right", "up": "throttle", "down": "brake"}
"""Keys that are held to drive, once the wheel is taken, and what they do."""

DRIVING_HELP = ("arrows", "drive, at the wheel")
"""The help's line for them."""
