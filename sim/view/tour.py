"""The guided tour: two minutes that tie the demo to its ideas. Scenes are data; a scene is a state of the show."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sim.seeds import TEST_FROM
from sim.view.blinding import READ, UNREAD
from sim.view.settings import Settings
from sim.view.world_source import WorldSource

if TYPE_CHECKING:
    from sim.view.demo import Demo
    from sim.view.playback import Playback

SEED = TEST_FROM + 3
"""The tour's road."""


@dataclass(frozen=True)
class Scene:
    """So many seconds of one state of the show. settings: what differs from the show's first settings. begin: start the
    road anew in this theme; None goes on as it is."""

    seconds: float
    caption: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    begin: str | None = None


SCENES = (
    Scene(
        8,
        "A small network drives this car. It has a camera and the speed, nothing else.",
        {"red": False},
        begin="meadow",
    ),
    Scene(
        10, "Red marks the patches that reach its controller. The rest of the picture is thrown away before it decides."
    ),
    Scene(10, "On the right is its own small frame, and below it what is left when every unread patch is removed."),
    Scene(9, "Attention is ignoring. It learned what it can do without: sky, trees, grass, and most of the road."),
    Scene(9, "What it keeps lies on the road or close beside it, near and far. The map from above shows where."),
    Scene(
        11,
        "From behind: its attention falls on the world as red light. Where no red falls, nothing reaches it.",
        {"view": "chase"},
    ),
    Scene(
        11,
        "Test one. We put noise over everything that it does NOT read. Watch the road: it drives on.",
        {"blinding": UNREAD},
        begin="meadow",
    ),
    Scene(8, "Now the noise is gone again. The driving hardly changed: what it drives by was in the red."),
    Scene(
        9, "Test two. We grey out only what it DOES read, a tenth of the picture. Watch the road.", {"blinding": READ}
    ),
    Scene(9, "So these few patches are what it drives by: without them it is blind.", {"blinding": READ}),
    Scene(10, "A world it was never trained on: night. It has only its headlights.", begin="night"),
    Scene(9, "The same night from behind. What lies in the dark it cannot read.", {"view": "chase"}),
    Scene(7, "Now it is your turn: W takes the wheel, V changes the view, H shows every key."),
)
"""Two minutes."""


class Tour:
    """Leads a demo through scenes, by its pictures: recorded or watched, the same tour.

    A scene sets all of the show's settings, whatever was pressed before. caption: what is said of it; "" while a
    person's keys have made something else of the show.
    """

    def __init__(self, source: WorldSource, scenes: tuple[Scene, ...] = SCENES, seed: int = SEED) -> None:
        self.scenes, self.seed = scenes, seed
        self.caption = ""
        self._source = source
        self._coming = list(scenes)
        self._left = 0
        self._scene, self._theme = scenes[0], ""

    @property
    def seconds(self) -> float:
        """Of all scenes."""
        return sum(scene.seconds for scene in self.scenes)

    def go_on(self, demo: "Demo") -> None:
        """One picture further; sets the next scene where the last is over. After the last the show is free."""
        playback = demo.playback
        if self._left == 0 and self._coming:
            self._scene = self._coming.pop(0)
            self._left = round(self._scene.seconds * self._source.rate * self._source.pictures_per_step)
            self._set(playback)
        self.caption = self._scene.caption if self._left and self._is_as_set(playback) else ""
        self._left = max(0, self._left - 1)

    def _set(self, playback: "Playback") -> None:
        playback.change(self._settings(playback))
        self._theme = self._scene.begin or self._theme or playback.moment.status.labels["theme"]
        if self._scene.begin is not None or not self._is_as_set(playback):
            playback.restart(lambda: self._source.begin(self.seed, self._theme))

    def _settings(self, playback: "Playback") -> Settings:
        return replace(playback.initial, **self._scene.settings)

    def _is_as_set(self, playback: "Playback") -> bool:
        """Whether the show is still what the caption says; at what pace it runs is anybody's own affair."""
        ours, now = self._settings(playback), playback.settings
        same = replace(now, paused=ours.paused, speed=ours.speed, help=ours.help, mark=ours.mark) == ours
        return same and playback.moment.status.labels["theme"] == self._theme
