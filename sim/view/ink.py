"""Red ink: how a region of a picture is painted so that what it is about stays to be seen. Kernels on plain arrays.

A dull pixel takes the tint; one that has a strong colour of its own (a lamp that is lit, a sign, a jacket) keeps it. A
line runs along the inside of the region's border, and a light seam beside it, so that it reads on black and on red, on
a pale projector, and for eyes that do not tell red from green.
"""

import numpy as np

from sim.jit import inner_kernel, kernel

RED = (255, 26, 20)
"""RGB of the tint."""

EDGE, CORE = 0.6, 0.28
"""How red a selection's dull pixels are at its border and well inside."""

FADE = 0.02
"""From border to core, as a share of the picture's width: a third of a cell of the flagship's."""

LINE, SEAM = (255, 48, 38), (255, 200, 190)
"""RGB of the line along a border, and of the seam inside of it."""

OWN_FROM, OWN_TO = 80, 160
"""Largest less smallest of R, G, B: from where on a pixel has a colour of its own, and where it is wholly its own."""

SPARED = 0.85
"""What share of the tint a pixel of its own colour is spared."""

LINES, SEAMS = 640, 1280
"""Pixels of a picture's width for each pixel of the line's and the seam's breadth; both are a pixel at least."""

SEAM_SHARE = 0.7
"""How much of the seam's colour a pixel takes."""

DARK, GREYED = 0.18, 0.6
"""In a spotlight: what light is left of the unread, and how much of its colour has gone."""

f4 = np.float32
ZERO, HALF, ONE = f4(0), f4(0.5), f4(1)


def breadths(width: int) -> tuple[int, int]:
    """Pixels of the line and of the seam in a picture `width` pixels wide."""
    return max(1, round(width / LINES)), max(1, round(width / SEAMS))


@kernel
def fill(picture, depth, fade):
    """Tint a region of picture (H, W, 3): from EDGE at its border to CORE, `fade` pixels inside.

    depth: (H, W) pixels from a pixel's middle to the border, negative outside.
    """
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            if depth[v, u] > ZERO:
                tint_pixel(picture[v, u], faded(depth[v, u], fade))


@inner_kernel
def faded(inside, fade):
    """The tint of a dull pixel that lies so far inside a region."""
    return f4(CORE) + f4(EDGE - CORE) * clamp(ONE - inside / fade)


@kernel
def tint(picture, alpha):
    """Tint picture (H, W, 3); alpha: (H, W), how strongly, in [0, 1]."""
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            if alpha[v, u] > ZERO:
                tint_pixel(picture[v, u], alpha[v, u])


@inner_kernel
def tint_pixel(pixel, share):
    """Blend `share` of red into a dull pixel (3,), less into one with a colour of its own."""
    red, green, blue = f4(pixel[0]), f4(pixel[1]), f4(pixel[2])
    vivid = max(red, green, blue) - min(red, green, blue)
    share *= ONE - f4(SPARED) * clamp((vivid - f4(OWN_FROM)) * f4(1 / (OWN_TO - OWN_FROM)))
    pixel[0] = np.uint8(red + (f4(RED[0]) - red) * share + HALF)
    pixel[1] = np.uint8(green + (f4(RED[1]) - green) * share + HALF)
    pixel[2] = np.uint8(blue + (f4(RED[2]) - blue) * share + HALF)


@kernel
def trace(picture, depth, line, seam, strength):
    """Draw a border's line, `line` pixels broad, and the seam inside of it, into picture (H, W, 3).

    depth: (H, W) pixels from a pixel's middle to the border, negative outside. strength: opacity of both, in [0, 1].
    """
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            inside = depth[v, u]
            if -HALF < inside < f4(line + seam) + HALF:
                trace_pixel(picture[v, u], inside, f4(line), f4(line + seam), f4(strength))


@inner_kernel
def trace_pixel(pixel, inside, line, seam, strength):
    """One pixel (3,) that lies `inside` a border; line, seam: how far inside each ends."""
    covered = clamp(inside + HALF)
    of_line = clamp(line + HALF - inside) * covered
    of_seam = (clamp(seam + HALF - inside) * covered - of_line) * f4(SEAM_SHARE)
    for channel in range(3):
        value = f4(pixel[channel])
        value += (f4(SEAM[channel]) - value) * of_seam * strength
        value += (f4(LINE[channel]) - value) * of_line * strength
        pixel[channel] = np.uint8(value + HALF)


@kernel
def darken(picture, lit):
    """Take light and colour from picture (H, W, 3) wherever lit (H, W), in [0, 1], is less than 1."""
    for v in range(picture.shape[0]):
        for u in range(picture.shape[1]):
            gone = ONE - lit[v, u]
            if gone > ZERO:
                red, green, blue = f4(picture[v, u, 0]), f4(picture[v, u, 1]), f4(picture[v, u, 2])
                grey = f4(0.299) * red + f4(0.587) * green + f4(0.114) * blue
                left, even = ONE - gone * f4(1 - DARK * (1 - GREYED)), gone * f4(DARK * GREYED) * grey + HALF
                picture[v, u, 0] = np.uint8(red * left + even)
                picture[v, u, 1] = np.uint8(green * left + even)
                picture[v, u, 2] = np.uint8(blue * left + even)


@inner_kernel
def clamp(value):
    """Held to [0, 1]."""
    return min(max(value, ZERO), ONE)
