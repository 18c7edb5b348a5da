"""Small clips of ten kinds, and ways to damage them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

KINDS = {
    "h264.mp4": ("libx264", {"preset": "veryfast", "g": "12"}),
    "h264.mkv": ("libx264", {"preset": "veryfast", "g": "12"}),
    "hevc.mp4": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
    "hevc.mkv": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
    "h264.ts": ("libx264", {"preset": "veryfast", "g": "12"}),
    "mjpeg.avi": ("mjpeg", {}),
    "vp8.webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "g": "12"}),
    "mpeg2.mpg": ("mpeg2video", {"g": "12"}),
    "gif.gif": ("gif", {}),
    "raw.h264": ("libx264", {"preset": "veryfast", "g": "12"}),
    "raw.hevc": ("libx265", {"preset": "ultrafast", "x265-params": "log-level=none:keyint=12"}),
}
"""Name of the clip -> FFmpeg's encoder and its options, all of them in PyAV's wheel."""

PIXELS = {"mjpeg": "yuvj420p", "gif": "rgb8"}


def scene(count: int, size: tuple[int, int] = (90, 160)) -> list[np.ndarray]:
    """Pictures (H, W, 3) of a texture that moves, with a bright square."""
    texture = np.random.default_rng(0).integers(0, 256, (size[0] // 6, (size[1] + 6 * count) // 6, 3), np.uint8)
    wide = np.kron(texture, np.ones((6, 6, 1), np.uint8))
    pictures = [np.ascontiguousarray(wide[:, 3 * index : 3 * index + size[1]]) for index in range(count)]
    for index, picture in enumerate(pictures):
        picture[20:50, 10 + index : 40 + index] = (250, 240, 60)
    return pictures


def make(path: Path, kind: str, pictures: Sequence[np.ndarray], rate: int = 25) -> Path:
    """Write a clip of this kind."""
    encoder, options = KINDS[kind]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=rate, options=options)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = PIXELS.get(encoder, "yuv420p")
        stream.bit_rate = 800_000
        for index, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def flipped(data: bytes, chance: np.random.Generator) -> bytes:
    """One to eight bits flipped anywhere."""
    damaged = bytearray(data)
    for place in chance.integers(0, len(data), chance.integers(1, 9)):
        damaged[place] ^= 1 << int(chance.integers(8))
    return bytes(damaged)


def cut(data: bytes, chance: np.random.Generator) -> bytes:
    """The end cut off, the front, or a piece out of the middle."""
    one, other = sorted(chance.integers(1, len(data), 2).tolist())
    return (data[:other], data[one // 4 :], data[:one] + data[min(other, one + len(data) // 8) :])[chance.integers(3)]
