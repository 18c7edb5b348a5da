"""Actors: whatever moves, changes or stands in the way, as one table a world, (A, len(ACTOR_COLUMNS)) float64.

Actors live in lane coordinates. Row a of a world's actors is drawn as row a of its objects, so an instance id is a + 1.
"""

ROLES = ("none", "vehicle", "parked", "cone", "light", "pedestrian")
"""What an actor is to others; a role's id is the index here. `none` is an empty row."""

ACTOR_COLUMNS = (
    *("role", "kind", "s", "d", "heading", "speed", "acceleration", "length", "width", "height"),
    *("tint", "mode", "timer", "wish", "place"),
)
"""Columns of an actor.

role: an index into ROLES. kind: into sim.scene.OBJECT_KINDS. s, d: metres, of the middle. heading: radians against the
road's direction (0 with +s, pi oncoming, +pi/2 walking to the left). speed (m/s) along the heading, acceleration m/s2.
length, width, height: metres. tint: see sim.scene. mode: a light's index into sim.scene.LIGHT_PHASES; a pedestrian's
into WALKS; a vehicle's brake lights, 0 or 1. timer: seconds in that mode. wish: a vehicle's desired speed, m/s.
place: s in metres of the stop line that a light belongs to, or of the middle of a pedestrian's crossing (-1: none).
"""

ROLE, KIND, S, D, HEADING, SPEED, ACCELERATION, LENGTH, WIDTH, HEIGHT = range(10)
TINT, MODE, TIMER, WISH, PLACE = range(10, 15)
assert len(ACTOR_COLUMNS) == 15

WALKS = ("strolling", "waiting", "crossing")
"""A pedestrian strolls along the pavement, waits at a kerb, or is on the way over a crossing."""
