"""Pictures that no video file holds together: a folder of images, as data sets have them, or an animated WebP."""

import json
import re
from collections.abc import Generator, Iterator, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, ImageSequence

from sim.view.footage.film import ReadAhead, Shown
from sim.view.footage.reader import BROKEN_OFF, END, Losses, Rate, plausible

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".ppm", ".pgm", ".tif", ".tiff")

FOLDER_RATE = Fraction(20)
"""Pictures a second of a folder that says nothing: between KITTI's 10 and the usual 30; Donkey cars have 20."""

DEEP = 3
"""How many folders down images are looked for; KITTI has image_02/data, Donkey's tubs have images."""

MOST_FOLDERS = 2000
"""Folders that are looked at."""


class FolderFootage(ReadAhead):
    """The images of a folder, by name as people count: 2.jpg comes before 10.jpg."""

    def __init__(self, folder: Path, rate: Rate | None = None) -> None:
        """ValueError for a folder without images, or with several folders of them. rate: instead of a guess."""
        images_in = find_images(folder)
        self._images = sorted(images_of(images_in), key=natural)
        self.count = len(self._images)
        self.rate = rate or plausible(_noted_rate(images_in), FOLDER_RATE)
        super().__init__(folder)
        self.name = folder.resolve().name

    def _pictures(self) -> Generator[Shown, None, None]:
        lost = 0
        for path in self._images:
            try:
                yield Shown(picture_of(path), Losses(lost), END)
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):  # all that Pillow says of damage
                lost += 1
        yield Shown(None, Losses(lost), END)


class AnimationFootage(ReadAhead):
    """An animated WebP, which FFmpeg cannot read."""

    def __init__(self, path: Path, rate: Rate | None = None) -> None:
        """ValueError for a file that is damaged at its front. rate: instead of what it says."""
        try:
            with Image.open(path) as image:
                self.count = getattr(image, "n_frames", 1)
                image.load()
                duration = image.info.get("duration", 0)
        except (OSError, SyntaxError) as trouble:
            raise ValueError(f"{str(path)!r} cannot be read as WebP: {trouble}; expected a whole file") from None
        self.rate = rate or plausible(Fraction(1000, duration) if duration else None)
        super().__init__(path)

    def _pictures(self) -> Generator[Shown, None, None]:
        shown = 0
        with Image.open(self._path) as image:
            for frame in _frames(image):
                shown += 1
                yield Shown(np.asarray(frame.convert("RGB")), Losses(), END)
        lost = self.count - shown
        yield Shown(None, Losses(lost), BROKEN_OFF if lost else END)


def is_animation(path: Path) -> bool:
    """Whether a file is a WebP."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(12)
    return head[:4] == b"RIFF" and head[8:] == b"WEBP"


def find_images(folder: Path) -> Path:
    """`folder`, or the one folder in it that holds images. ValueError where there is none, or a choice."""
    if images_of(folder):
        return folder
    found = [inner for inner in _inner(folder) if images_of(inner)]
    if len(found) == 1:
        return found[0]
    if found:
        some = ", ".join(str(inner) for inner in found[:4])
        raise ValueError(f"{str(folder)!r} has images in {len(found)} folders; expected one of them: {some}")
    kinds = ", ".join(IMAGES[:4])
    raise ValueError(f"{str(folder)!r} is a folder without images ({kinds} ...); expected images, or a video file")


def images_of(folder: Path) -> list[Path]:
    """The images that lie in a folder itself."""
    return [path for path in folder.iterdir() if path.suffix.lower() in IMAGES and not path.name.startswith(".")]


def natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts numbers in names by their value."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name) if part]


def picture_of(path: Path) -> NDArray[np.uint8]:
    """An image as RGB (H, W, 3), turned as its EXIF data says. OSError where it is damaged."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):  # 16 bits of grey
            upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
        return np.asarray(upright.convert("RGB"))


def _frames(image: Image.Image) -> Iterator[Image.Image]:
    """Frame after frame, up to the first that is damaged."""
    try:
        yield from ImageSequence.Iterator(image)
    except (OSError, SyntaxError, EOFError):
        return


def _inner(folder: Path) -> Iterator[Path]:
    """Folders in a folder, DEEP at most, the nearest first."""
    level = [folder]
    for _ in range(DEEP):
        level = [
            inner for outer in level for inner in sorted(outer.iterdir()) if inner.is_dir() and inner.name[0] != "."
        ]
        yield from level[:MOST_FOLDERS]


def _noted_rate(folder: Path) -> Fraction | None:
    """What a data set notes beside its images: KITTI's timestamps.txt, the catalogs of a Donkey tub."""
    moments = _kitti_moments(folder.parent) or _donkey_moments(folder.parent)
    if len(moments) < 2 or not moments[-1] > moments[0]:
        return None
    return Fraction((len(moments) - 1) / (moments[-1] - moments[0])).limit_denominator(100)


def _kitti_moments(folder: Path) -> Sequence[float]:
    """Seconds, a line for each picture such as 2011-09-26 13:02:25.594360375."""
    path = folder / "timestamps.txt"
    try:
        return [datetime.fromisoformat(line[:26]).timestamp() for line in path.read_text().splitlines() if line]
    except (OSError, ValueError):
        return []


def _donkey_moments(folder: Path) -> Sequence[float]:
    """Seconds, of the records of all catalogs."""
    try:
        paths = sorted(folder.glob("catalog_*.catalog"), key=natural)
        lines = [line for path in paths for line in path.read_text().splitlines() if line]
        return [json.loads(line)["_timestamp_ms"] / 1000 for line in lines]
    except (OSError, ValueError, KeyError, TypeError):
        return []
