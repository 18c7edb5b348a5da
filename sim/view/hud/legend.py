"""The legend: one or two sentences for each panel, true of whoever drives and of whatever is driven in."""

from typing import NamedTuple

from sim.policy import Kind
from sim.view.hud.top_view import RINGS
from sim.view.settings import Choices


class Entry(NamedTuple):
    """A panel's name, and what it shows."""

    name: str
    words: str


RED_WORDS: dict[Kind | None, str] = {
    "selection": "Red: what the network selected. All else is dropped before it steers.",
    "soft attention": "Red: what weighs more than the average, the redder the more. Nothing is dropped.",
    "activation saliency": "Red: where its inner activity is high. A hint, and no proof, of what it drives by.",
    "gradient saliency": "Red: where a small change would sway it most. Other parts count too.",
    None: "This driver has no map, so nothing is red.",
}

LEFT_WORDS = "The same frame, when all that is not red is taken away."
WHOLE_WORDS = "The same frame: nothing is taken out of it."


def legend(choices: Choices) -> tuple[Entry, ...]:
    """What there is to explain here."""
    kind = None if choices.attention is None else choices.attention.kind
    framed = " Turquoise frame: what the expert heeds." if choices.imagines else ""
    doing = "would do" if choices.unsteered else "does"
    distances = ", ".join(map(str, RINGS[:-1]))
    found = [
        Entry("The road", RED_WORDS[kind] + framed),
        Entry("Speed, wheel, pedal", f"What the car {doing}. Blue is go, amber is stop."),
        Entry("The panel beside them", "The kind of map, how much of the picture is red, and what lies in the red."),
        Entry("Facts", "Who drives, where, and how it goes."),
        Entry("Its own frame", "What the network is given, pixel for pixel."),
        Entry("Below it", LEFT_WORDS if kind == "selection" else WHOLE_WORDS),
        Entry(
            "From above",
            f"The red laid on flat ground. Rings: {distances} and {RINGS[-1]} m. Orange line: where the wheels lead.",
        ),
        Entry("Bottom line", "On the left what just happened, on the right what is not as usual."),
    ]
    if choices.imagines:
        found[3] = Entry("Facts", f"{found[3].words} Expert: what a driver that knows the whole world would do now.")
    return tuple(found)
