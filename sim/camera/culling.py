"""Which objects a picture may show, and in which order. The conventions are those of `sim.camera.kernels`."""

from sim.camera.pixels import ZERO, f4, i4, kernel
from sim.scene import HEIGHT, KIND, LENGTH, WIDTH, X, Y

SHADOW_RANGE, FARTHEST = f4(110), f4(300)
"""Metres: beyond the first nothing casts a shadow; beyond the second nothing is seen."""

LONGEST_SHADOW = f4(2.6)
"""Metres of shadow to a metre of height, at most, however low the sun."""


@kernel()
def find_seen(objects, view, seen):
    """Indices of the objects that may be seen, or cast a shadow that may, into `seen`; returns how many.

    Rather too many: the passes look closer. Without a branch, for whether a tree is in view cannot be foreseen. No
    sprite is more than twice as broad as its object.
    """
    widest = view.centre_x / view.focal
    count = i4(0)
    for i in range(objects.shape[0]):
        dx, dy = objects[i, X] - view.x, objects[i, Y] - view.y
        z, l = view.cos * dx + view.sin * dy, view.cos * dy - view.sin * dx
        broad = f4(2) * objects[i, WIDTH] + objects[i, LENGTH]
        shadow = LONGEST_SHADOW * objects[i, HEIGHT] if z < SHADOW_RANGE + objects[i, LENGTH] else ZERO
        reach = broad + shadow
        ahead = z + reach
        seen[count] = i
        count += i4(
            (objects[i, KIND] >= ZERO)
            & (ahead > ZERO)
            & (z < FARTHEST + broad)
            & (abs(l) - reach < max(ahead, ZERO) * widest)
        )
    return count


@kernel()
def insert_nearer(order, depths, count, i, z):
    """Put object i, z metres away, into its place among `count` others, far to near; returns how many there are now."""
    k = count
    while k > 0 and depths[k - 1] < z:
        depths[k], order[k] = depths[k - 1], order[k - 1]
        k -= 1
    depths[k], order[k] = z, i
    return count + 1


@kernel()
def drop_farthest(order, depths, count, most):
    """Leave the `most` nearest of `count` objects that are sorted far to near; returns how many are left."""
    spare = max(count - most, 0)
    for k in range(count - spare):
        depths[k], order[k] = depths[k + spare], order[k + spare]
    return count - spare
