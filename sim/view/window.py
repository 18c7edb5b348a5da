"""The window. The only module that imports pygame, and only its display: pygame.init() would open audio too."""

import os
import sys

import cv2
import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
import pygame

from sim.view.actions import ACTION_OF_KEY, QUIT
from sim.view.hud import BACKGROUND

UNSEEN_DRIVERS = ("offscreen", "dummy")
"""SDL's drivers that draw where nobody looks; it falls back to one where there is no display."""


class NoDisplay(RuntimeError):
    """No window can be opened here."""


class FrameWindow:
    """A resizable window for pictures of any size, scaled to fit; it names the actions asked for by key or mouse."""

    def __init__(self, title: str, size: tuple[int, int]) -> None:
        """`size` is (width, height) in pixels. NoDisplay where no window can be opened."""
        _open_display()
        try:
            self._surface = pygame.display.set_mode(size, pygame.RESIZABLE)
        except pygame.error as error:
            pygame.display.quit()
            raise NoDisplay(str(error)) from None
        pygame.display.set_caption(title)

    def show(self, picture: NDArray[np.uint8]) -> None:
        """Put `picture` (H, W, 3) RGB on screen, as large as fits."""
        pygame.event.pump()  # or the desktop takes a window whose owner never asks for events for dead
        width, height = self._surface.get_size()
        scale = min(width / picture.shape[1], height / picture.shape[0])
        fitted = _scaled(picture, scale)
        if fitted.shape[:2] != (height, width):
            self._surface.fill(BACKGROUND)
        image = pygame.image.frombuffer(np.ascontiguousarray(fitted).data, fitted.shape[1::-1], "RGB")
        self._surface.blit(image, ((width - fitted.shape[1]) // 2, (height - fitted.shape[0]) // 2))
        pygame.display.flip()

    def asked(self) -> list[str]:
        """The names of the actions asked for since the last call, in order; closing the window asks for "quit"."""
        names = []
        for event in pygame.event.get():
            if event.type == pygame.QUIT:
                names.append(QUIT)
            elif event.type == pygame.KEYDOWN and (name := ACTION_OF_KEY.get(pygame.key.name(event.key))):
                names.append(name)
        return names

    def close(self) -> None:
        """Close the window; closing again does nothing."""
        pygame.display.quit()

    def __enter__(self) -> "FrameWindow":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _open_display() -> None:
    """NoDisplay where SDL finds no display, or only one that nobody sees and that nobody asked for."""
    wanted = os.environ.get("SDL_VIDEODRIVER") or os.environ.get("SDL_VIDEO_DRIVER")
    served = ("DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform == "linux" and not wanted and not any(os.environ.get(name) for name in served):
        raise NoDisplay("neither DISPLAY nor WAYLAND_DISPLAY is set")
    try:
        pygame.display.init()
    except pygame.error as error:
        raise NoDisplay(str(error)) from None
    if not wanted and pygame.display.get_driver() in UNSEEN_DRIVERS:
        pygame.display.quit()
        raise NoDisplay("the display cannot be opened")


def _scaled(picture: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    if scale == 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    scaled = np.empty((size[1], size[0], 3), np.uint8)
    cv2.resize(picture, size, scaled, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return scaled
