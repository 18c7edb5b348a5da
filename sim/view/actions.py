"""What a person can do to a running demo: the one list behind the keys, the help, the chips and the tests."""

from typing import Any, NamedTuple

from sim.policy import MASS_SHARE
from sim.view.blinding import BLINDINGS, READ, UNREAD
from sim.view.moment import Moment, head_alone, soft_heads
from sim.view.settings import FIELDS, Choices, Settings, Switch


class Action(NamedTuple):
    """`keys` are named as pygame names them; the first is the one that the help shows. switch: what it does to the
    settings; None for what is no setting."""

    name: str
    keys: tuple[str, ...]
    help: str
    switch: Switch | None = None


PAUSE, STEP, SLOWER, FASTER = "pause", "step", "slower", "faster"
NEXT_TRACK, NEXT_THEME, NEXT_POLICY, NEXT_VIEW = "next track", "next theme", "next policy", "next view"
OVERLAY, RAW, NEXT_HEAD, WHEEL = "overlay", "raw", "next head", "wheel"
SPOTLIGHT = "spotlight"
BLIND_READ, BLIND_UNREAD = "blind read", "blind unread"
MARK, WITHOUT, UNSEEN = "mark", "without", "unseen"
RECORD, SCREENSHOT, FULL_SCREEN, HELP, QUIT = "record", "screenshot", "full screen", "help", "quit"


def _always(choices: Choices) -> tuple[Any, ...]:
    return False, True


def _imagined(choices: Choices) -> tuple[Any, ...]:
    return (False, True) if choices.imagines else ()


def _driven(choices: Choices) -> tuple[Any, ...]:
    return (False, True) if choices.steers else ()


def _heads(choices: Choices) -> tuple[Any, ...]:
    heads = () if choices.attention is None else soft_heads(choices.attention)
    return (None, *heads) if heads else ()


def _one_head(settings: Settings, moment: Moment) -> str:
    head = head_alone(moment.decision.attention, settings)
    return "" if head is None else f"head {head + 1} alone"


def _blinded(settings: Settings, moment: Moment) -> str:
    return BLINDINGS[settings.blinding].told(moment.decision.attention) if settings.blinding else ""


def _mapped(choices: Choices) -> tuple[Any, ...]:
    return () if choices.attention is None else (False, True)


def _lit(settings: Settings, moment: Moment) -> str:
    """What a spotlight shows."""
    attention = moment.decision.attention
    if not settings.spotlight:
        return ""
    if attention is None:
        return "no map: nothing goes dark"
    if attention.kind == "selection":
        return "dark: what its controller never got"
    return f"lit: what holds {100 * MASS_SHARE:.0f} % of its map"


def _left_out(settings: Settings, moment: Moment) -> str:
    if not settings.without:
        return ""
    return "cause left out" if moment.status.culprit else "no object to leave out"


def _hidden(settings: Settings, moment: Moment) -> str:
    if not settings.unseen:
        return ""
    return "cause hidden from it" if moment.status.culprit else "no object to hide"


ACTIONS = (
    Action(
        PAUSE, ("space",), "pause, and go on", Switch("paused", _always, lambda now, _: "paused" if now.paused else "")
    ),
    Action(STEP, ("s", "."), "one step, then pause"),
    Action(SLOWER, ("-", "[", "[-]"), "slower", Switch("speed", lambda choices: choices.speeds, by=-1, stops=True)),
    Action(
        FASTER,
        ("=", "]", "+", "[+]"),
        "faster",
        Switch(
            "speed",
            lambda choices: choices.speeds,
            lambda now, _: "" if now.speed == 1.0 else f"{now.speed:g} x speed",
            stops=True,
        ),
    ),
    Action(NEXT_TRACK, ("n",), "next track"),
    Action(NEXT_THEME, ("t",), "next theme, same track"),
    Action(NEXT_POLICY, ("p",), "next policy", Switch("policy", lambda choices: choices.policies)),
    Action(NEXT_VIEW, ("v",), "next view", Switch("view", lambda choices: choices.views)),
    Action(OVERLAY, ("o",), "red on and off", Switch("red", _always, lambda now, _: "" if now.red else "red is off")),
    Action(RAW, ("c",), "soft map: cells or smooth", Switch("raw", _always)),
    Action(NEXT_HEAD, ("k",), "next head of a soft map", Switch("head", _heads, _one_head)),
    Action(SPOTLIGHT, ("d",), "all that is unread goes dark", Switch("spotlight", _mapped, _lit)),
    Action(BLIND_READ, ("b",), "grey out what it reads", Switch("blinding", lambda _: (None, READ), _blinded)),
    Action(BLIND_UNREAD, ("j",), "junk in what it does not", Switch("blinding", lambda _: (None, UNREAD))),
    Action(MARK, ("m",), "mark the cause object", Switch("mark", _imagined)),
    Action(WITHOUT, ("x",), "the world with and without it", Switch("without", _imagined, _left_out)),
    Action(
        UNSEEN,
        ("u",),
        "hide it from the network",
        Switch("unseen", _imagined, _hidden),
    ),
    Action(
        WHEEL,
        ("w",),
        "take the wheel, give it back",
        Switch("at_wheel", _driven, lambda now, _: "you drive" if now.at_wheel else ""),
    ),
    Action(RECORD, ("r",), "record, and stop"),
    Action(SCREENSHOT, ("i", "f12"), "save an image"),
    Action(FULL_SCREEN, ("f", "f11"), "full screen"),
    Action(HELP, ("h", "f1", "/"), "this help", Switch("help", _always)),
    Action(QUIT, ("q", "escape"), "quit"),
)

SWITCHES = {action.name: action.switch for action in ACTIONS if action.switch}

ACTION_OF_KEY = {key: action.name for action in ACTIONS for key in action.keys}

DRIVING_KEYS = {"left": "left", "right": "right", "up": "throttle", "down": "brake"}
"""Keys that are held to drive, once the wheel is taken, and what they do."""

DRIVING_HELP = ("arrows", "drive, at the wheel")
"""The help's line for them."""


def told(settings: Settings, moment: Moment) -> list[str]:
    """What the window says of the settings, a few words each, in the order of Settings' fields."""
    switches = sorted(SWITCHES.values(), key=lambda switch: FIELDS.index(switch.field))
    said = (switch.told(settings, moment) for switch in switches)
    return [words for words in said if words]
