"""Animated WebP, written picture by picture: each is whole on its own, and the file is whole after each.

Pillow encodes the pictures but can only put them together at the end, from memory; the container is simple enough to be
grown here: https://developers.google.com/speed/webp/docs/riff_container.
"""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ExifTags import Base

from sim.view.recording.file import GrowingFile

METHOD = 2
"""libwebp's: method 2 takes half the time of the usual 4 and gives files a tenth larger."""

_ANIMATED, _WITH_EXIF = 0x02, 0x08
"""Flags of VP8X."""

_DO_NOT_BLEND = 0x02
"""A flag of ANMF."""

_SIZE_AT = 4
_RIFF_HEAD = 12


class WebpEncoder:
    """A picture is written when the next one tells its duration; then the file's size at its front is put right."""

    def __init__(
        self, file: GrowingFile, size: tuple[int, int], rate: Fraction, comment: str, quality: int = 70
    ) -> None:
        """quality: libwebp's, from 0 to 100."""
        self._file, self._size, self._rate, self._quality = file, size, rate, quality
        self._waiting: tuple[bytes, int] | None = None
        extended = number(_ANIMATED | _WITH_EXIF, 4) + number(size[1] - 1, 3) + number(size[0] - 1, 3)
        forever, no_background = number(0, 2), number(0, 4)
        self._append(chunk(b"VP8X", extended) + chunk(b"EXIF", exif(comment)) + chunk(b"ANIM", no_background + forever))
        file.mark(0.0)

    def encode(self, picture: NDArray[np.uint8], slot: int) -> None:
        """Append a picture, shown from `slot` / rate on, to the nearest millisecond."""
        content = still(picture, self._quality)
        self._write_waiting(slot)
        self._waiting = content, slot

    def finish(self) -> None:
        """Write the last picture."""
        if self._waiting:
            self._write_waiting(self._waiting[1] + 1)

    def _write_waiting(self, until: int) -> None:
        """Write the picture before this one, which is shown until slot `until`."""
        if self._waiting is None:
            return
        content, slot = self._waiting
        milliseconds = round(1000 * until / self._rate) - round(1000 * slot / self._rate)
        corner, (height, width) = number(0, 6), self._size
        frame = (
            corner + number(width - 1, 3) + number(height - 1, 3) + number(milliseconds, 3) + number(_DO_NOT_BLEND, 1)
        )
        self._append(chunk(b"ANMF", frame + content))
        self._file.mark(float(until / self._rate))

    def _append(self, chunks: bytes) -> None:
        """Write at the end, then put the size right: what a kill leaves behind the old size is ignored by readers."""
        end = self._file.tell()
        if end == 0:
            chunks = b"RIFF" + number(0, 4) + b"WEBP" + chunks
        self._file.write(chunks)
        self._file.seek(_SIZE_AT)
        self._file.write(number(end + len(chunks) - 8, 4))
        self._file.seek(end + len(chunks))


def still(picture: NDArray[np.uint8], quality: int) -> bytes:
    """A picture as a WebP image chunk. quality: libwebp's, from 0 to 100."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "WEBP", quality=quality, method=METHOD)
    return file.getvalue()[_RIFF_HEAD:]


def exif(comment: str) -> bytes:
    """EXIF with `comment` as the image's description."""
    tags = Image.Exif()
    tags[Base.ImageDescription] = comment
    return tags.tobytes().removeprefix(b"Exif\0\0")  # the prefix is JPEG's


def read_comment(path: Path) -> str | None:
    """The description in a file's EXIF, if it has one."""
    with Image.open(path) as image:
        return image.getexif().get(Base.ImageDescription)


def chunk(name: bytes, content: bytes) -> bytes:
    """A RIFF chunk, padded to even length."""
    return name + number(len(content), 4) + content + b"\0" * (len(content) % 2)


def number(value: int, size: int) -> bytes:
    """A little-endian unsigned integer of `size` bytes."""
    return value.to_bytes(size, "little")
