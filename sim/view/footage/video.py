"""Real footage as a source: a video file, a folder of images or a camera, open loop.

The network looks and decides, and nothing obeys.

The policies know one camera: level, 1.4 m up, its horizon at HORIZON of the frame's height. Footage is cropped, never
stretched, until its horizon lies there too. A straight road's lines then lie where that camera would see them, whatever
the field of view was, because the focal length cancels out of their slopes. Distances and bends are right only where
the crop has the policy's field of view and its camera stood as high, and neither can be known.
"""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from sim.camera import MOUNT_FORWARD, MOUNT_HEIGHT
from sim.camera.lens import HORIZON, Lens
from sim.policy import DRIVING, Observation, PolicySpec
from sim.simulator import FIELD_OF_VIEW
from sim.track import CRUISE_SPEED
from sim.vehicle import MAX_STEERING_ANGLE
from sim.view.actions import AGAIN
from sim.view.canvas import Canvases
from sim.view.footage.horizon import guess_horizon
from sim.view.footage.opening import open_footage
from sim.view.footage.reader import Losses
from sim.view.footage.ribbon import draw_ribbon
from sim.view.moment import Status
from sim.view.source import Shot, View, Whereabouts, finish

ASSUMED_SPEED = CRUISE_SPEED
"""m/s: what the policies were trained to drive where there is no cause to go slower."""

TOP_SPEED = 70.0
"""m/s that may be assumed: 252 km/h."""

GUESS_SECONDS, GUESS_EVERY = 1.0, 3
"""How much of the footage the horizon is guessed from: each third picture of the first second."""

ANSWERED = 12
"""Pictures a second from which on a window answers a key at once."""

STRAIGHT = np.zeros((1, 2), np.float32)


class FootageInstant(NamedTuple):
    """One picture (H, W, 3) uint8 RGB of the footage, its number from 0, and what was lost up to it."""

    picture: NDArray[np.uint8]
    number: int
    losses: Losses


class VideoSource:
    """Footage. Each of its pictures is one control step; actions are drawn, and change nothing."""

    observes = ("frame", "speed")
    actions = DRIVING
    unsteered = "nobody can steer a film"

    def __init__(
        self,
        what: str,
        spec: PolicySpec,
        *,
        assumed_speed: float = ASSUMED_SPEED,
        horizon: float | None = None,
        rate: float | None = None,
        in_window: bool = False,
    ) -> None:
        """Opens `what`, the path of a file or of a folder of images, or a camera's index, and shows its first picture.

        spec: of the policy that gets the frames. assumed_speed: m/s, above 0 and at most TOP_SPEED. horizon: where it
        lies, as a share of the picture's height from the top; None to guess. rate: pictures a second; None for what the
        footage says. in_window: show slow footage's pictures several times over, so that a window answers keys at once.
        ValueError or OSError for what cannot be.
        """
        check_assumptions(assumed_speed, horizon)
        self.fit(spec)
        self._speed, self._canvas = assumed_speed, Canvases()
        self._footage, self._losses = open_footage(what, rate), Losses()
        self.pictures_per_step = repeats(self.rate) if in_window else 1
        try:
            self._show_first()
            self._horizon, self._said = self._find_horizon(horizon)
        except BaseException:
            self.close()
            raise

    @property
    def rate(self) -> Fraction:
        """Pictures of the footage a second."""
        return self._footage.rate.value

    @property
    def count(self) -> int | None:
        """How many pictures there should be; None if unknown."""
        return self._footage.count

    @property
    def losses(self) -> Losses:
        """What was lost of the footage, as far as it was played; in all, once it has ended."""
        return self._losses

    @property
    def lens(self) -> Lens:
        """Of the camera that the policy knows, and that the crop is taken for."""
        return self._lens

    @property
    def road(self) -> None:
        """Nobody knows where the road leads."""

    def whereabouts(self, before: object, after: object, progress: float) -> Whereabouts | None:
        """Nobody knows where anything is."""
        return None

    def truth(self, instant: object) -> None:
        """Nobody knows what is true there."""

    @property
    def views(self) -> Mapping[str, View]:
        """What the policy gets of the footage."""
        return {"camera": self._camera}

    @property
    def capabilities(self) -> Mapping[str, Callable[[], None]]:
        """A file begins again; a camera does not."""
        return {AGAIN: self.rewind} if self._footage.rewindable else {}

    def fit(self, spec: PolicySpec) -> None:
        """Give frames of this size and proportion from now on."""
        self._lens = Lens(*spec.frame_size, spec.view_angle(FIELD_OF_VIEW), MOUNT_HEIGHT, MOUNT_FORWARD)

    @property
    def frame_size(self) -> tuple[int, int]:
        """(height, width) of the policy's frames."""
        return self._lens.height, self._lens.width

    def instant(self) -> FootageInstant:
        """The picture at hand, and where in the footage it is."""
        return FootageInstant(self._picture, self._index, self._footage.losses)

    def observe(self, instant: FootageInstant) -> Observation:
        """The crop of the picture, and the assumed speed."""
        size = self._lens.width, self._lens.height
        frame = np.asarray(cv2.resize(self._crop(instant.picture), size, interpolation=cv2.INTER_AREA), np.uint8)
        return {"frame": frame[None], "speed": np.full((1, 1), self._speed, np.float32)}

    def apply(self, action: NDArray[np.float32]) -> str | None:
        """Go to the next picture, whatever the action; where there is none stay, and say why."""
        picture = self._read()
        if picture is None:
            return self._footage.ending
        self._picture = picture
        self._index += 1
        return None

    def status(self, instant: FootageInstant) -> Status:
        """The assumed speed, the share played, what is assumed, and what was lost."""
        last = (self._footage.count or 0) - 1
        lost = {"damage": instant.losses.words} if any(instant.losses) else {}
        assumed = {"horizon": self._said, "speed": "assumed", "rate": self._footage.rate.words}
        return Status(
            speed=self._speed,
            labels={"footage": self._footage.name, **lost, **assumed},
            completion=min(1.0, instant.number / last) if last > 0 else None,
        )

    def rewind(self) -> None:
        """Show the first picture; of a camera, the next. OSError where there is none."""
        self._footage.rewind()
        self._show_first()

    def close(self) -> None:
        """Let go of file or camera."""
        self._footage.close()

    def __enter__(self) -> "VideoSource":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> NDArray[np.uint8] | None:
        picture = self._footage.read()
        self._losses = Losses(*map(max, self._losses, self._footage.losses))
        return picture

    def _show_first(self) -> None:
        picture = self._read()
        if picture is None:
            raise OSError(f"{self._footage.name}: {self._footage.ending} before its first picture")
        self._picture, self._index = picture, 0

    def _find_horizon(self, told: float | None) -> tuple[float, str]:
        """The share, and how a person is told of it."""
        if told is not None:
            return told, f"{100 * told:.0f} %"
        pictures = [self._picture]
        for index in range(1, round(GUESS_SECONDS * self.rate)):
            if self.apply(STRAIGHT):
                break
            if index % GUESS_EVERY == 0:
                pictures.append(self._picture)
        self.rewind()
        guess = guess_horizon(pictures)
        return guess.share, f"{100 * guess.share:.0f} % ({'guess' if guess.sure else 'no lines'})"

    def _crop(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        height, width = picture.shape[:2]
        return picture[crop(height, width, self._horizon, self._lens.width / self._lens.height)]

    def _camera(self, shot: Shot) -> NDArray[np.uint8]:
        """The crop, the red on what was read, and the way that the predicted steering leads."""
        picture = self._canvas(shot.size)
        fill(picture, self._crop(shot.before.picture))
        finish(picture, shot)
        draw_ribbon(picture, float(shot.action[0]) * MAX_STEERING_ANGLE, self._lens)
        return picture


def repeats(rate: Fraction) -> int:
    """How often to show each picture, so that ANSWERED of them come a second; a number that all speeds divide."""
    return 1 if rate >= ANSWERED else 3 * math.ceil(ANSWERED / (3 * rate))


def crop(height: int, width: int, horizon: float, aspect: float) -> tuple[slice, slice]:
    """The largest part of a picture, as (rows, columns), of `aspect` (width over height) with its horizon at HORIZON.

    horizon: where it is in the whole picture, as a share of its height. To the side the part is in the middle.
    """
    high = min(horizon / HORIZON * height, (1 - horizon) / (1 - HORIZON) * height, width / aspect)
    rows, columns = max(1, round(high)), max(1, min(width, round(high * aspect)))
    top = min(max(0, round(horizon * height - HORIZON * rows)), height - rows)
    left = (width - columns) // 2
    return slice(top, top + rows), slice(left, left + columns)


def fill(canvas: NDArray[np.uint8], picture: NDArray[np.uint8]) -> None:
    """Draw the picture as large as the canvas (H, W, 3), for a person: areas are averaged where it shrinks a lot."""
    scale = canvas.shape[0] / picture.shape[0]
    way = cv2.INTER_AREA if scale < 0.5 else cv2.INTER_LINEAR if scale < 1 else cv2.INTER_CUBIC
    cv2.resize(picture, canvas.shape[1::-1], canvas, interpolation=way)


def check_assumptions(speed: float, horizon: float | None) -> None:
    """ValueError for what no footage can have."""
    if not 0 < speed <= TOP_SPEED:
        raise ValueError(f"assumed speed {speed:g} m/s: expected above 0 and at most {TOP_SPEED:g}; a motorway has 30")
    if horizon is not None and not 0 < horizon < 1:
        raise ValueError(f"horizon {horizon:g}: expected a share of the height, between 0 and 1 (58 % is 0.58)")
