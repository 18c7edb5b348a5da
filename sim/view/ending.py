"""The card at the end of an episode: what happened, with whom, what was read then, and which keys go on."""

from typing import NamedTuple

from sim.view import actions as do
from sim.view.actions import BY_NAME
from sim.view.playback import Playback
from sim.view.reading import Noticed, noticed
from sim.view.source import End, Telling


class Card(NamedTuple):
    """title, in a word or two; lines below it; keys: (key, what it does)."""

    title: str
    lines: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]


def card(playback: Playback) -> Card:
    """The card of the episode that has just ended."""
    end, lines = end_of(playback), []
    if end.what:
        lines.append(end.what)
    if playback.settings.at_wheel:
        lines.append("You drove.")
    if end.row is not None:
        lines.append(read_words(noticed(playback.source, playback.recent, end.row), end.thing))
    return Card(end.title, tuple(lines), keys(playback))


def end_of(playback: Playback) -> End:
    """What the source tells of the end, or its name."""
    source, recent = playback.source, playback.recent
    if isinstance(source, Telling) and recent:
        return source.end(recent[-1].instant, source.instant(), playback.ending)
    return End(playback.ending[:1].upper() + playback.ending[1:])


def read_words(found: Noticed | None, thing: str) -> str:
    """Whether red lay on what was hit."""
    if found is None:
        return "There is no map of what this driver goes by."
    if found.seen == 0:
        return f"The {thing} was not in the network's own picture in the last two seconds."
    if found.red == 0:
        return f"No red was on it: in the last two seconds it was in {found.seen} pictures, and red in none."
    return f"Red was on it in {found.red} of the last {found.seen} pictures that it was in."


def keys(playback: Playback) -> tuple[tuple[str, str], ...]:
    """What goes on from here."""
    names = {do.AGAIN: "again", do.NEXT_TRACK: "next road", do.NEXT_SCENARIO: "elsewhere"}
    return tuple(
        (BY_NAME[name].keys[0].upper(), words) for name, words in names.items() if name in playback.source.capabilities
    )
