"""`python docs/media/animate.py drive.mp4 demo.webp`: a recording as the small animated picture of the README."""

import sys
from pathlib import Path

import av
from PIL import Image

EVERY = 5
"""Of the recording's 60 pictures a second, so 12 a second are kept."""

WIDTH = 720


def animate(video: Path, picture: Path) -> None:
    """Write every fifth frame of the video, made smaller, as an endless animated WebP."""
    with av.open(video) as container:
        frames = [frame.to_image() for index, frame in enumerate(container.decode(video=0)) if index % EVERY == 0]
    size = (WIDTH, round(WIDTH * frames[0].height / frames[0].width))
    small = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    small[0].save(
        picture, save_all=True, append_images=small[1:], duration=EVERY * 1000 // 60, loop=0, quality=55, method=4
    )


if __name__ == "__main__":
    animate(Path(sys.argv[1]), Path(sys.argv[2]))
