"""The window. The only module that imports pygame, and only its display: pygame.init() would open audio too."""

import os
import sys
from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
if sys.platform == "linux":  # SDL would carry every picture through OpenGL: 20 times as slow without a graphics card
    os.environ.setdefault("SDL_FRAMEBUFFER_ACCELERATION", "0")
import pygame

from sim.view.actions import ACTION_OF_KEY, DRIVING_KEYS, QUIT
from sim.view.hud.layout import picture_size
from sim.view.hud.text import BACKGROUND

UNSEEN_DRIVERS = ("offscreen", "dummy")
"""SDL's drivers that draw where nobody looks; it falls back to one where there is no display."""

CHANNELS = {0xFF0000: cv2.COLOR_RGB2BGRA, 0x0000FF: cv2.COLOR_RGB2RGBA}
"""How to turn RGB into a 32-bit surface's pixels, by the surface's red mask (little-endian)."""


class DisplayMissing(RuntimeError):
    """No window can be opened here."""


class FrameWindow:
    """A resizable window for 16:9 pictures; it names the actions asked for by key or mouse."""

    def __init__(self, title: str, size: tuple[int, int]) -> None:
        """`size` is (width, height) in pixels. DisplayMissing where no window can be opened."""
        _open_display()
        self._windowed = size
        try:
            self._surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            pygame.display.quit()
            raise DisplayMissing(str(error)) from None
        pygame.display.set_caption(title)
        self._driving = {key: pygame.key.key_code(key) for key in DRIVING_KEYS}

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the largest 16:9 picture that fits the window."""
        width, height = self._surface.get_size()
        return picture_size((height, width))

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Put `picture` (H, W, 3) RGB on screen, in the middle; one of another size is scaled to fit."""
        pygame.event.pump()  # or the desktop takes a window whose owner never asks for events for dead
        self._surface = pygame.display.get_surface() or self._surface
        width, height = self._surface.get_size()
        scale = min(width / picture.shape[1], height / picture.shape[0])
        if scale < 1 or min(width - picture.shape[1], height - picture.shape[0]) > 1:
            picture = _scaled(picture, scale)
        if picture.shape[:2] != (height, width):
            self._surface.fill(BACKGROUND)
        self._put(picture, ((width - picture.shape[1]) // 2, (height - picture.shape[0]) // 2))
        pygame.display.flip()

    def asked(self) -> list[str]:
        """The names of the actions asked for since the last call, in order; closing the window asks for "quit".

        A key that repeats because it is held counts once.
        """
        names = []
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                names.append(QUIT)
            elif event.type == pygame.KEYDOWN and (name := ACTION_OF_KEY.get(pygame.key.name(event.key))):
                names.append(name)
        return names

    def held(self) -> Collection[str]:
        """What the driving keys that are down now do."""
        pressed = pygame.key.get_pressed()
        return [does for key, does in DRIVING_KEYS.items() if pressed[self._driving[key]]]

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to the window."""
        flags = self._surface.get_flags()
        try:
            if flags & pygame.FULLSCREEN:
                self._surface = pygame.display.set_mode(self._windowed, pygame.RESIZABLE)
            else:
                self._windowed = self._surface.get_size()
                self._surface = pygame.display.set_mode((0, 0), pygame.FULLSCREEN)
        except pygame.error as error:
            raise RuntimeError(f"no full screen here: {error}") from None

    def close(self) -> None:
        """Close the window; closing again does nothing."""
        pygame.display.quit()

    def __enter__(self) -> "FrameWindow":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _put(self, picture: NDArray[np.uint8], corner: tuple[int, int]) -> None:
        """Copy the pixels: straight into a 32-bit surface, which is several times as fast as SDL's own conversion."""
        conversion = CHANNELS.get(self._surface.get_masks()[0])
        if self._surface.get_bytesize() != 4 or conversion is None:
            image = pygame.image.frombuffer(np.ascontiguousarray(picture).data, picture.shape[1::-1], "RGB")
            self._surface.blit(image, corner)
            return
        pixels = np.asarray(self._surface.get_view("2")).T  # (height, width) uint32
        channels = pixels.view(np.uint8).reshape(*pixels.shape, 4)
        height, width = picture.shape[:2]
        target = channels[corner[1] : corner[1] + height, corner[0] : corner[0] + width]
        cv2.cvtColor(picture, conversion, target)


def _open_display() -> None:
    """DisplayMissing where SDL finds no display, or only one that nobody sees and that nobody asked for."""
    wanted = os.environ.get("SDL_VIDEODRIVER") or os.environ.get("SDL_VIDEO_DRIVER")
    served = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform == "linux" and not wanted and not any(os.environ.get(name) for name in served):
        raise DisplayMissing("neither DISPLAY nor WAYLAND_DISPLAY is set")
    try:
        pygame.display.init()
    except pygame.error as error:
        raise DisplayMissing(str(error)) from None
    if not wanted and pygame.display.get_driver() in UNSEEN_DRIVERS:
        pygame.display.quit()
        raise DisplayMissing("the display cannot be opened")


def _scaled(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    scaled = np.empty((size[1], size[0], 3), np.uint8)
    cv2.resize(picture, size, scaled, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return scaled
