"""What a person can do to a running demo: the one list behind the keys, the help, the chips and the tests."""

from typing import Any, NamedTuple

from sim.policy import MASS_SHARE
from sim.view import needs
from sim.view.blinding import BLINDINGS, READ, UNREAD
from sim.view.moment import Moment, head_alone, soft_heads
from sim.view.needs import Need
from sim.view.settings import FIELDS, HELPS, Choices, Settings, Switch


class Action(NamedTuple):
    """`keys` are named as pygame names them; the first is the one that the help shows. switch: what it does to the
    settings; None for what is no setting. needs: without which it means nothing."""

    name: str
    keys: tuple[str, ...]
    help: str
    switch: Switch | None = None
    needs: tuple[Need, ...] = ()

    def missing(self, choices: Choices) -> Need | None:
        """What it needs and does not have here."""
        return next((need for need in self.needs if not need.met(choices)), None)


PAUSE, STEP, SLOWER, FASTER = "pause", "step", "slower", "faster"
NEXT_TRACK, AGAIN, NEXT_SCENARIO = "next track", "again", "next scenario"
NEXT_THEME, NEXT_POLICY, NEXT_VIEW = "next theme", "next policy", "next view"
NEXT_CHAPTER, LAST_CHAPTER = "next chapter", "last chapter"
OVERLAY, RAW, NEXT_HEAD, WHEEL = "overlay", "raw", "next head", "wheel"
SPOTLIGHT = "spotlight"
BLIND_READ, BLIND_UNREAD = "blind read", "blind unread"
MARK, WITHOUT, UNSEEN = "mark", "without", "unseen"
RECORD, SCREENSHOT, FULL_SCREEN, HELP, QUIT = "record", "screenshot", "full screen", "help", "quit"


def _always(choices: Choices) -> tuple[Any, ...]:
    return False, True


def _heads(choices: Choices) -> tuple[Any, ...]:
    return (None, *(() if choices.attention is None else soft_heads(choices.attention)))


def _one_head(settings: Settings, moment: Moment) -> str:
    head = head_alone(moment.decision.attention, settings)
    return "" if head is None else f"head {head + 1} alone"


def _blinded(settings: Settings, moment: Moment) -> str:
    if settings.blinding is None:
        return ""
    return BLINDINGS[settings.blinding].told(moment.decision.attention, moment.hidden)


def _lit(settings: Settings, moment: Moment) -> str:
    """What a spotlight shows."""
    attention = moment.decision.attention
    if not settings.spotlight:
        return ""
    if attention is None:
        return "no map: nothing goes dark"
    if attention.kind == "selection":
        return "dark: what it dropped"
    return f"lit: what holds {100 * MASS_SHARE:.0f} % of its map"


def _left_out(settings: Settings, moment: Moment) -> str:
    if not settings.without:
        return ""
    culprit = moment.status.culprit
    return f"shown without the {culprit.kind}" if culprit else "no object to leave out"


def _unseen(settings: Settings, moment: Moment) -> str:
    if not settings.unseen:
        return ""
    culprit = moment.status.culprit
    return f"the {culprit.kind} is hidden from it" if culprit else "no object to hide"


ACTIONS = (
    Action(
        PAUSE, ("space",), "pause, and go on", Switch("paused", _always, lambda now, _: "paused" if now.paused else "")
    ),
    Action(STEP, ("s", "."), "one step, then pause"),
    Action(
        SLOWER,
        ("-", "[", "[-]"),
        "slower",
        Switch("speed", lambda choices: choices.speeds, by=-1, stops=True),
        (needs.SLOW_MOTION,),
    ),
    Action(
        FASTER,
        ("+", "=", "]", "[+]"),
        "faster",
        Switch(
            "speed",
            lambda choices: choices.speeds,
            lambda now, _: "" if now.speed == 1.0 else f"{now.speed:g} x speed",
            stops=True,
        ),
        (needs.FAST_MOTION,),
    ),
    Action(
        AGAIN,
        ("a", "return", "enter"),
        "again, from the start",
        needs=(needs.asked(AGAIN, "this has no start to go back to"),),
    ),
    Action(NEXT_TRACK, ("n",), "next road", needs=(needs.asked(NEXT_TRACK, "there is no other road here"),)),
    Action(
        NEXT_SCENARIO,
        ("g",),
        "go elsewhere: traffic, town",
        needs=(needs.asked(NEXT_SCENARIO, "there is nowhere else to go from here", "the simulator"),),
    ),
    Action(
        NEXT_THEME,
        ("t",),
        "next light and weather",
        needs=(needs.asked(NEXT_THEME, "only the simulator can change the light", "the simulator"),),
    ),
    Action(
        NEXT_POLICY,
        ("p",),
        "next driver",
        Switch("policy", lambda choices: choices.policies),
        (needs.A_SECOND_DRIVER,),
    ),
    Action(NEXT_VIEW, ("v",), "next view", Switch("view", lambda choices: choices.views), (needs.A_SECOND_VIEW,)),
    Action(
        OVERLAY,
        ("o",),
        "red on and off",
        Switch("red", _always, lambda now, _: "" if now.red else "red is off"),
        (needs.A_MAP,),
    ),
    Action(RAW, ("c",), "soft map: cells or smooth", Switch("raw", _always), (needs.A_SOFT_MAP,)),
    Action(NEXT_HEAD, ("k",), "next head of a soft map", Switch("head", _heads, _one_head), (needs.HEADS,)),
    Action(
        SPOTLIGHT,
        ("d",),
        "dark: all that it does not read",
        Switch("spotlight", _always, _lit),
        (needs.A_MAP,),
    ),
    Action(
        BLIND_READ,
        ("b",),
        "blind it: grey on all it reads",
        Switch("blinding", lambda _: (None, READ), _blinded),
        (needs.A_MAP,),
    ),
    Action(
        BLIND_UNREAD,
        ("j",),
        "junk: noise on all the rest",
        Switch("blinding", lambda _: (None, UNREAD)),
        (needs.A_MAP,),
    ),
    Action(MARK, ("m",), "frame what matters now", Switch("mark", _always), (needs.OBJECTS,)),
    Action(WITHOUT, ("x",), "the world with and without it", Switch("without", _always, _left_out), (needs.OBJECTS,)),
    Action(
        UNSEEN,
        ("u",),
        "hide it from the driver",
        Switch("unseen", _always, _unseen),
        (needs.OBJECTS, needs.A_DRIVER_THAT_HEEDS),
    ),
    Action(
        WHEEL,
        ("w",),
        "take the wheel, give it back",
        Switch("at_wheel", _always, lambda now, _: "you drive" if now.at_wheel else ""),
        (needs.A_CAR, needs.SOMEBODY_ELSE),
    ),
    Action(NEXT_CHAPTER, ("right",), "the tour's next chapter", needs=(needs.A_TOUR,)),
    Action(LAST_CHAPTER, ("left",), "this chapter again, or the last", needs=(needs.A_TOUR,)),
    Action(RECORD, ("r",), "record, and stop"),
    Action(SCREENSHOT, ("i", "f12"), "save an image"),
    Action(FULL_SCREEN, ("f", "f11"), "full screen"),
    Action(HELP, ("h", "f1", "/"), "what is what; the keys; neither", Switch("help", lambda _: (None, *HELPS))),
    Action(QUIT, ("q", "escape"), "quit"),
)

SWITCHES = {action.name: action.switch for action in ACTIONS if action.switch}

BY_NAME = {action.name: action for action in ACTIONS}

ACTION_OF_KEY = {key: action.name for action in ACTIONS for key in action.keys}

DRIVING_KEYS = {"left": "left", "right": "right", "up": "throttle", "down": "brake"}
"""Keys that are held to drive, once the wheel is taken, and what they do."""

DRIVING_HELP = ("arrows", "drive, at the wheel")
"""The help's line for them."""


def offered(choices: Choices) -> tuple[Action, ...]:
    """Those that can work here."""
    return tuple(action for action in ACTIONS if action.missing(choices) is None)


def help_lines(choices: Choices) -> tuple[tuple[str, str], ...]:
    """Keys and what they do here."""
    lines = tuple((action.keys[0], action.help) for action in offered(choices))
    return (*lines, DRIVING_HELP) if needs.A_CAR.met(choices) else lines


def refusal(name: str, choices: Choices) -> str:
    """Why an action that is not offered cannot be had here; "" where there is nothing to say."""
    action = BY_NAME.get(name)
    missing = action.missing(choices) if action else None
    return missing.otherwise(choices) if missing else f"no {name} here"


def list_lines() -> tuple[tuple[str, str], ...]:
    """All keys, what they do, and where."""
    lines = []
    for action in ACTIONS:
        where = ", ".join(need.where for need in action.needs if need.where)
        lines.append((" or ".join(action.keys), f"{action.help} ({where})" if where else action.help))
    return (*lines, DRIVING_HELP)


def told(settings: Settings, moment: Moment) -> list[str]:
    """What the window says of the settings, a few words each, in the order of Settings' fields."""
    switches = sorted(SWITCHES.values(), key=lambda switch: FIELDS.index(switch.field))
    said = (switch.told(settings, moment) for switch in switches)
    return [words for words in said if words]
