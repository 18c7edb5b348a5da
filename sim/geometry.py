"""Angles, frames and closed curves: pure functions, usable from Python and inside other kernels.

World: x east, y north, yaw counter-clockwise from +x. Vehicle: x forward, y left (ISO 8855). Metres and radians.
"""

import math

import numpy as np

from sim.jit import kernel


@kernel
def wrap_angle(angle):
    """The same angle in [-pi, pi); float or array, radians."""
    wrapped = angle - 2 * math.pi * np.floor((angle + math.pi) / (2 * math.pi))
    return wrapped - 2 * math.pi * (wrapped >= math.pi)  # rounding may land on +pi itself


@kernel
def world_to_vehicle(x, y, vehicle_x, vehicle_y, yaw):
    """A world point as (forward, left) of a vehicle at (vehicle_x, vehicle_y) with that yaw; metres."""
    east, north = x - vehicle_x, y - vehicle_y
    return east * np.cos(yaw) + north * np.sin(yaw), north * np.cos(yaw) - east * np.sin(yaw)


@kernel
def vehicle_to_world(forward, left, vehicle_x, vehicle_y, yaw):
    """The world point (x, y) that lies (forward, left) of a vehicle; metres. Undoes `world_to_vehicle`."""
    return (
        vehicle_x + forward * np.cos(yaw) - left * np.sin(yaw),
        vehicle_y + forward * np.sin(yaw) + left * np.cos(yaw),
    )


@kernel
def closed_length(points):
    """Length in metres of the closed polyline through points (n, 2), the closing chord included."""
    total = 0.0
    for i in range(len(points)):
        j = i + 1 if i + 1 < len(points) else 0
        total += math.hypot(points[j, 0] - points[i, 0], points[j, 1] - points[i, 1])
    return total


@kernel
def resample_closed(points, count):
    """`count` points (count, 2) at equal steps of length along the closed polyline through points (n, 2)."""
    step = closed_length(points) / count
    even = np.empty((count, 2))
    walked, filled = 0.0, 0
    for i in range(len(points)):
        j = i + 1 if i + 1 < len(points) else 0
        chord = math.hypot(points[j, 0] - points[i, 0], points[j, 1] - points[i, 1])
        while filled < count and filled * step <= walked + chord:
            share = (filled * step - walked) / chord if chord > 0.0 else 0.0
            even[filled, 0] = points[i, 0] + share * (points[j, 0] - points[i, 0])
            even[filled, 1] = points[i, 1] + share * (points[j, 1] - points[i, 1])
            filled += 1
        walked += chord
    return even


@kernel
def smooth_closed(points, reach):
    """Each point of a closed curve (n, 2) replaced by the mean of itself and its `reach` neighbours on either side.

    On evenly spaced points this box filter turns a jump of curvature into a linear ramp over 2 reach + 1 points.
    """
    n = len(points)
    smooth = np.empty_like(points)
    for axis in range(2):
        total = 0.0
        for i in range(-reach, reach + 1):
            total += points[i % n, axis]
        for i in range(n):
            smooth[i, axis] = total / (2 * reach + 1)
            total += points[(i + reach + 1) % n, axis] - points[(i - reach) % n, axis]
    return smooth


@kernel
def tangent_angles(points):
    """Heading (n,) of a closed curve at its evenly spaced points (n, 2), by central differences; radians."""
    n = len(points)
    heading = np.empty(n)
    for i in range(n):
        after, before = (i + 1) % n, i - 1
        heading[i] = math.atan2(points[after, 1] - points[before, 1], points[after, 0] - points[before, 0])
    return heading


@kernel
def turn_rates(heading, spacing):
    """Curvature (n,) in 1/m, + to the left, of a closed curve from its heading (n,) at points `spacing` m apart."""
    n = len(heading)
    curvature = np.empty(n)
    for i in range(n):
        curvature[i] = wrap_angle(heading[(i + 1) % n] - heading[i - 1]) / (2 * spacing)
    return curvature
