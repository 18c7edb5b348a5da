"""Kerb and paving beside the road, laid over a shaded row. The conventions are those of `sim.camera.kernels`."""

import numpy as np

from sim.camera.pixels import (
    ASPHALT,
    FULL,
    HALF,
    MARKING,
    ONE,
    TWO,
    ZERO,
    band,
    clamp01,
    f4,
    kernel,
    mix,
    tint_pixel,
)
from sim.camera.road import DASH_PERIOD, ROAD_EDGE

KERB_WIDTH, JOINT = f4(0.18), f4(0.03)
"""Metres: breadth of the kerb, and of the joints of its paving."""

STRETCH = 32
"""Pixels of a row that are looked at together for pavement."""


@kernel()
def pave_row(out, lines, grain, colours, per_pixel, reach, edge):
    """Kerb and paving on both sides of the road, out to `edge` metres from the centre line, laid over a shaded row.

    Stretches that lie apart from it are left out: d changes by no more than per_pixel metres a pixel. out: the row.
    lines, reach: as `spread_nodes`. grain: (W,). colours: as `shade_row`.
    """
    width = out.shape[0]
    for begin in range(0, width, STRETCH):
        a = abs(lines[0, min(begin + STRETCH // 2, width - 1)])
        margin = f4(STRETCH) * per_pixel
        if ROAD_EDGE - margin < a < edge + margin:
            pave_span(out, lines, grain, colours, reach, edge, begin, min(begin + STRETCH, width))


@kernel()
def pave_span(out, lines, grain, colours, reach, edge, begin, end):
    """The pavement's share of the pixels from `begin` to `end` of a row.

    out, lines, grain, colours, reach, edge: as `pave_row`.
    """
    here = slice(begin, end)
    out, grain = out[here], grain[here]
    d_line, t_line, noise_line, sharp_line = lines[0][here], lines[1][here], lines[2][here], lines[3][here]
    foot = TWO * reach * DASH_PERIOD
    joint = min(JOINT / foot, ONE) * f4(0.22)
    for u in range(out.shape[0]):
        a, sharp = abs(d_line[u]), sharp_line[u]
        share = clamp01((edge - a) * sharp + HALF) * clamp01((a - ROAD_EDGE) * sharp + HALF)
        kerb = clamp01((ROAD_EDGE + KERB_WIDTH - a) * sharp + HALF)
        s = t_line[u] * DASH_PERIOD
        beside = abs(s - np.floor(s) - HALF)
        gap = joint * clamp01((HALF * (JOINT + foot) - beside) / max(foot, JOINT) + HALF)
        middle = f4(0.15) * band(a, edge - f4(1.1) - JOINT, edge - f4(1.1), sharp)
        grey = f4(0.34) + f4(0.16) * kerb
        light = (ONE - max(gap, middle) * (ONE - kerb)) * (f4(0.94) + f4(0.12) * noise_line[u])
        fine = grain[u] * f4(0.6)
        r = mix(colours[ASPHALT, 0], colours[MARKING, 0], grey) * light + fine
        g = mix(colours[ASPHALT, 1], colours[MARKING, 1], grey) * light + fine
        b = mix(colours[ASPHALT, 2], colours[MARKING, 2], grey) * light + fine
        r, g, b = min(max(r, ZERO), FULL), min(max(g, ZERO), FULL), min(max(b, ZERO), FULL)
        out[u] = tint_pixel(out[u], r, g, b, share)
