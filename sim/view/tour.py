"""The guided tour: two minutes that tie the demo to its ideas. Scenes are data; a scene is a state of the show."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.view.actions import BLIND_READ, BLIND_UNREAD
from sim.view.source import WorldSource

if TYPE_CHECKING:
    from sim.view.demo import Demo

SEED = 20_003
"""The tour's road."""


@dataclass(frozen=True)
class Scene:
    """So many seconds of one state of the show. begin: start the road anew in this theme; None goes on as it is."""

    seconds: float
    caption: str
    view: str = "camera"
    red: bool = True
    blinding: str | None = None
    begin: str | None = None


SCENES = (
    Scene(
        8, "A small network drives this car. It has a camera and the speed, nothing else.", red=False, begin="meadow"
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
        view="chase",
    ),
    Scene(
        11,
        "Test one. We put noise over everything that it does NOT read. Watch the road: it drives on.",
        blinding=BLIND_UNREAD,
        begin="meadow",
    ),
    Scene(8, "Now the noise is gone again. The driving hardly changed: what it drives by was in the red."),
    Scene(
        9, "Test two. We grey out only what it DOES read, a tenth of the picture. Watch the road.", blinding=BLIND_READ
    ),
    Scene(9, "So these few patches are what it drives by: without them it is blind.", blinding=BLIND_READ),
    Scene(10, "A world it was never trained on: night. It has only its headlights.", begin="night"),
    Scene(9, "The same night from behind. What lies in the dark it cannot read.", view="chase"),
    Scene(7, "Now it is your turn: W takes the wheel, V changes the view, H shows every key."),
)
"""Two minutes."""


class Tour:
    """Leads a demo through scenes, by its pictures: recorded or watched, the same tour."""

    def __init__(self, source: WorldSource, scenes: tuple[Scene, ...] = SCENES, seed: int = SEED) -> None:
        self.scenes, self.seed = scenes, seed
        self.caption = ""
        self._source = source
        self._coming = list(scenes)
        self._left = 0

    @property
    def seconds(self) -> float:
        """Of all scenes."""
        return sum(scene.seconds for scene in self.scenes)

    def go_on(self, demo: "Demo") -> None:
        """One picture further; sets the next scene where the last is over. After the last the show is free."""
        if self._left == 0 and self._coming:
            scene = self._coming.pop(0)
            self._left = round(scene.seconds * self._source.rate * self._source.pictures_per_step)
            self._set(scene, demo)
        if self._left == 0:
            self.caption = ""
        else:
            self._left -= 1

    def _set(self, scene: Scene, demo: "Demo") -> None:
        session = demo.session
        demo.help = session.paused = session.at_wheel = False
        session.speed, session.view, session.overlay = 1.0, scene.view, scene.red
        self.caption = scene.caption
        session.use_blinding(scene.blinding)
        if scene.begin is not None:
            theme = scene.begin
            session.restart(lambda: self._source.begin(self.seed, theme))
