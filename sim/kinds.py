"""What there is: a row for each kind of thing (how it looks) and for each role (what it is to others).

docs/scenarios.md has the recipe for one of your own.

Both tables only grow: a row's place is its id, in the worlds' arrays and in the kernels' tables, and stays what it is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import lru_cache, partial
from typing import Any, Generic, Literal, Protocol, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from sim.errors import unknown
from sim.scene import CLASSES

# --- how a kind of thing looks ----------------------------------------------------------------------------------------

Colour = tuple[float, float, float]
"""Red, green, blue."""

Materials = tuple[Colour, Colour, Colour]
"""Colours of a sprite's three materials, in shares of the paint on the road."""

Foliage = Literal["leaves", "needles"]
Facing = Literal["any", "pointed", "aspects", "front", "board"]
Light = Literal["none", "signal", "street lamp", "headlights"]
Painter = Callable[[np.random.Generator, Any], None]
Maker = Callable[[Any], None]

FACINGS: tuple[Facing, ...] = get_args(Facing)
LIGHTS: tuple[Light, ...] = get_args(Light)

TINTS = 8
"""Shades of each set of materials that a frame mixes."""

WIDEST = 4.0
"""The most that a picture may be broader than its object."""


@dataclass(frozen=True)
class Sprite:
    """An upright picture of a thing, always turned to the camera.

    size: texels (height, width). colours: by tint, from the first for -1 to the last for 1, at most TINTS; or what
    takes its colours from the theme. spread: the picture's width over the object's.
    facing: how a picture is chosen among those of the painters. "any": by chance, mirrored or not. "pointed": the one
    there is points where the tint's sign says, + left. "aspects": the first third is seen from the front, the second
    from behind, the last goes to the left; in each third one who stands, then moments of a stride. "front": the first
    is seen from the front, the second from behind. "board": the last is the back, one of the others the front; it
    narrows when it is passed.
    crisp: drawn as sharp as pixels are. painters: functions of (random generator, `sim.camera.canvas.Canvas`), a
    picture each; those of shipped kinds are in sim.camera.sprites, by the kind's name.
    """

    size: tuple[int, int]
    colours: Foliage | tuple[Materials, ...]
    spread: float = 1.0
    facing: Facing = "any"
    crisp: bool = True
    painters: tuple[Painter, ...] = ()

    def __post_init__(self) -> None:
        if self.facing not in FACINGS:
            raise unknown("facing", self.facing, FACINGS)
        if self.colours not in get_args(Foliage) and not 1 <= len(self.colours) <= TINTS:
            raise ValueError(
                f"{len(self.colours)} sets of colours: expected 1 to {TINTS}, or one of {get_args(Foliage)}"
            )
        if not 0.0 < self.spread <= WIDEST:
            raise ValueError(f"spread {self.spread}: expected more than 0 and at most {WIDEST}")


@dataclass(frozen=True)
class Mesh:
    """A low-poly model with sides that turn. house: with walls and windows, hiding what is behind (shipped alone).
    makers: functions of `sim.camera.models.Shape`, of the near model and of the far one; those of shipped kinds are
    in sim.camera.models, by the kind's name."""

    house: bool = False
    makers: tuple[Maker, ...] = ()

    def __post_init__(self) -> None:
        if self.makers and (self.house or len(self.makers) != 2):
            raise ValueError(f"a mesh of {len(self.makers)} makers: expected two, of the near model and the far one")


@dataclass(frozen=True)
class Dot:
    """A disc on the map. radius: metres. colour: RGB in 0-255."""

    radius: float
    colour: tuple[int, int, int]


Mark = Dot | Literal["vehicle", "building"]
"""What a map shows of a thing: a disc, a car's outline, or a flat one."""


@dataclass(frozen=True)
class Kind:
    """A kind of thing. class_name: one of `sim.scene.CLASSES`.

    least: pixels of height below which it is left out; a sprite fades in from there on. shadow: whether it casts one.
    light: what shines on it, and from it on the ground. mark: on the map, None for nothing.
    """

    name: str
    class_name: str
    look: Sprite | Mesh
    least: float = 0.0
    shadow: bool = True
    light: Light = "none"
    mark: Mark | None = None

    def __post_init__(self) -> None:
        for what, value, choices in (("class", self.class_name, CLASSES), ("light", self.light, LIGHTS)):
            if value not in choices:
                raise unknown(what, value, choices)

    @property
    def walks(self) -> bool:
        """Whether its state is a phase of a stride."""
        return isinstance(self.look, Sprite) and self.look.facing == "aspects"


# --- what a role is to others -----------------------------------------------------------------------------------------

Outline = Literal["none", "box", "circle"]
Gait = Literal["stands", "signals", "rolls", "walks"]
Manner = Literal["ignore", "follow", "stop", "yield", "pass"]

OUTLINES: tuple[Outline, ...] = get_args(Outline)
GAITS: tuple[Gait, ...] = get_args(Gait)
MANNERS: tuple[Manner, ...] = get_args(Manner)

NO_OUTLINE, BOX, CIRCLE = range(len(OUTLINES))
STANDS, SIGNALS, ROLLS, WALKS = range(len(GAITS))
IGNORE, FOLLOW, STOP, YIELD, PASS = range(len(MANNERS))

INFRACTIONS = ("off-road", "wrong-lane", "pedestrian", "vehicle", "static-object", "red-light")
"""Counted once an event in every world: when the car's centre passes the road's edge or the centre line, when the car
touches someone or something, when its front passes a stop line on red. Other roles of a scenario have theirs."""

PENALTIES = {"pedestrian": 0.50, "vehicle": 0.60, "static-object": 0.65, "red-light": 0.70}
"""What each infraction multiplies the driving score by, after CARLA leaderboard 1.0; other infractions cost nothing.
`register_role` adds to it."""

CAUSES = ["none", "curve", "lead-vehicle", "obstacle", "red-light", "pedestrian"]
"""Why the expert acts; a cause's id is the index here. `register_role` adds to it."""


@dataclass(frozen=True)
class Role:
    """What an actor is to the ego and to others.

    outline: what is touched: a box of its length and width, a circle of `radius` metres (0: half its width), nothing.
    gait: how it moves and what its picture's state shows: nothing, its mode, its mode and how far its wheels have
    turned (moved by `sim.scenario.vehicles.drive`), or its stride (moved by `sim.scenario.people.walk`). One who walks
    into a car that hardly moves was not hit, and passing close to one is a near miss.
    manner: what the expert does about it, and all who drive if it is `known` to them: nothing; follow it; stop at its
    line unless it is green; wait while it crosses; pass it slowly. cause: what the expert calls that.
    infraction: of who hits it, or passes its stop line on red; penalty: what that multiplies the driving score by, None
    for an infraction that has one, or costs nothing.
    shown: what a network is taught that its pixels show, of `agent.shown.SHOWN`: one name, or one for each mode; none
    for what a network is not taught.
    """

    name: str
    outline: Outline = "none"
    radius: float = 0.0
    gait: Gait = "stands"
    manner: Manner = "ignore"
    known: bool = True
    cause: str = "none"
    infraction: str | None = None
    penalty: float | None = None
    shown: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for what, value, choices in (
            *(("outline", self.outline, OUTLINES), ("gait", self.gait, GAITS), ("manner", self.manner, MANNERS)),
        ):
            if value not in choices:
                raise unknown(what, value, choices)
        if self.infraction is None and (self.outline != "none" or self.manner == "stop"):
            raise ValueError(f"role {self.name!r} can be hit or has a stop line: expected the name of an infraction")
        if self.penalty is not None and not 0.0 < self.penalty <= 1.0:
            raise ValueError(f"penalty {self.penalty} of role {self.name!r}: expected more than 0 and at most 1")


# --- registries -------------------------------------------------------------------------------------------------------


class Named(Protocol):
    """A row of a registry."""

    @property
    def name(self) -> str: ...


Row = TypeVar("Row", bound=Named)


class Registry(Mapping[str, Row], Generic[Row]):
    """Rows by name, in the order in which they were registered; a row's id is its place."""

    def __init__(self, what: str, rows: tuple[Row, ...]) -> None:
        self._what = what
        self._rows = {row.name: row for row in rows}

    def __getitem__(self, name: str) -> Row:
        return self._rows[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def names(self) -> tuple[str, ...]:
        """All names, by id."""
        return tuple(self._rows)

    def row(self, name: str) -> Row:
        """The row of that name. Raises ValueError naming the nearest known one."""
        if name not in self._rows:
            raise unknown(self._what, name, self._rows)
        return self._rows[name]

    def index(self, name: str) -> int:
        """The id of that row. Raises ValueError naming the nearest known one."""
        return self.names.index(self.row(name).name)

    def add(self, row: Row) -> int:
        """Register a row; returns its id. The same one again is no matter, another of its name a ValueError."""
        if row.name not in self._rows:
            self._rows[row.name] = row
        elif _definition(self._rows[row.name]) != _definition(row):
            raise ValueError(f"{self._what} {row.name!r} is there already and is another one: choose another name")
        return self.index(row.name)


def _definition(value: Any) -> Any:
    """What two rows have to share to be the same one: functions are what their code is, wherever it was loaded."""
    if is_dataclass(value):
        return type(value).__name__, tuple(_definition(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, tuple | list):
        return tuple(map(_definition, value))
    if isinstance(value, partial):
        return _definition(value.func), _definition(value.args), tuple(value.keywords.items())
    return getattr(value, "__code__", value)


def register_kind(kind: Kind) -> int:
    """Make a kind of thing known; returns its id. Its look must bring its own painters or makers."""
    look = kind.look
    pictures = look.painters if isinstance(look, Sprite) else look.makers
    if kind.name not in KINDS and not pictures:
        raise ValueError(
            f"kind {kind.name!r} has nothing to look like: expected painters of a Sprite, or makers of a Mesh"
        )
    return KINDS.add(kind)


def register_role(role: Role) -> int:
    """Make a role known, its infraction and its cause with it; returns its id."""
    free = None if role.infraction in INFRACTIONS else role.penalty
    known = PENALTIES.get(role.infraction or "", free)
    if role.penalty not in (None, known):
        raise ValueError(f"penalty {role.penalty} of {role.infraction!r}: expected {known}, which it has already")
    index = ROLES.add(role)
    if role.infraction is not None and role.penalty is not None:
        PENALTIES[role.infraction] = role.penalty
    if role.cause not in CAUSES:
        CAUSES.append(role.cause)
    return index


# --- the shipped ones -------------------------------------------------------------------------------------------------

_POST: tuple[Materials, ...] = (((1.0, 1.0, 0.99), (1.0, 0.72, 0.24), (0.16, 0.16, 0.17)),)
_SIGN: tuple[Materials, ...] = (((1.0, 1.0, 0.99), (0.10, 0.27, 0.66), (0.30, 0.30, 0.32)),)
_CONE: tuple[Materials, ...] = (((1.0, 1.0, 0.98), (1.0, 0.42, 0.06), (0.14, 0.14, 0.15)),)
_SIGNAL: tuple[Materials, ...] = (((0.95, 0.96, 0.95), (0.46, 0.48, 0.50), (0.07, 0.075, 0.08)),)
_SKINS: tuple[Colour, ...] = ((0.86, 0.66, 0.53), (0.80, 0.60, 0.46), (0.60, 0.42, 0.31), (0.38, 0.25, 0.18))
_OUTFITS: tuple[tuple[Colour, Colour], ...] = (
    *(((0.85, 0.83, 0.76), (0.20, 0.24, 0.34)), ((0.18, 0.34, 0.58), (0.16, 0.17, 0.20))),
    *(((0.86, 0.68, 0.20), (0.24, 0.26, 0.30)), ((0.24, 0.44, 0.34), (0.46, 0.40, 0.32))),
    *(((0.14, 0.15, 0.18), (0.30, 0.36, 0.50)), ((0.52, 0.40, 0.58), (0.18, 0.19, 0.23))),
    *(((0.52, 0.74, 0.86), (0.18, 0.19, 0.24)), ((0.62, 0.64, 0.66), (0.12, 0.13, 0.17))),
)
_PEOPLE: tuple[Materials, ...] = tuple((*outfit, _SKINS[k % 4]) for k, outfit in enumerate(_OUTFITS))
_POSTERS: tuple[Materials, ...] = tuple(
    ((1.0, 1.0, 0.98), poster, (0.14, 0.15, 0.17))
    for poster in (
        *((0.20, 0.50, 0.38), (0.16, 0.36, 0.66), (0.94, 0.72, 0.16), (0.30, 0.60, 0.72)),
        *((0.20, 0.58, 0.30), (0.50, 0.30, 0.62), (0.86, 0.50, 0.14), (0.12, 0.30, 0.44)),
    )
)
"""What people have made, and wear. None is red: the overlay is, and lights that say stop."""


def _beside(
    size: tuple[int, int], colours: Foliage | tuple[Materials, ...], spread: float, facing: Facing = "any"
) -> Sprite:
    """What grows and stands beside the road."""
    return Sprite(size, colours, spread, facing, crisp=False)


def _vehicle(name: str) -> Kind:
    return Kind(name, "vehicle", Mesh(), least=0.8, light="headlights", mark="vehicle")


FAINTEST = 1.4
"""Pixels of height at which what stands beside the road begins to show: in a small picture a third of all trees are
less, and nothing comes of them but noise."""

KINDS: Registry[Kind] = Registry(
    "kind",
    (
        Kind("broadleaf", "vegetation", _beside((320, 320), "leaves", 1.1), FAINTEST),
        Kind("poplar", "vegetation", _beside((320, 128), "leaves", 1.25), FAINTEST),
        Kind("conifer", "vegetation", _beside((320, 160), "needles", 1.1), FAINTEST),
        Kind("bush", "vegetation", _beside((128, 160), "leaves", 1.15), FAINTEST),
        Kind("delineator", "sign", _beside((128, 64), _POST, 4.0), FAINTEST, shadow=False),
        Kind("curve sign", "sign", _beside((160, 128), _SIGN, 1.25, "pointed"), FAINTEST, shadow=False),
        *(_vehicle("car"), _vehicle("van"), _vehicle("truck")),
        Kind("cone", "obstacle", Sprite((128, 128), _CONE, 1.3), mark=Dot(0.45, (255, 150, 40))),
        Kind("pedestrian", "pedestrian", Sprite((192, 128), _PEOPLE, 1.65, "aspects"), mark=Dot(0.7, (250, 230, 110))),
        Kind("traffic light", "light", Sprite((384, 96), _SIGNAL, 1.15, "front"), light="signal"),
        Kind("building", "building", Mesh(house=True), least=3.0, mark="building"),
        Kind("billboard", "sign", Sprite((192, 192), _POSTERS, 1.05, "board"), mark="building"),
        Kind("guard rail", "sign", Mesh(), least=1.0, shadow=False),
        Kind("crossing sign", "sign", _beside((256, 96), _SIGN, 1.1, "pointed"), FAINTEST, shadow=False),
        Kind("street lamp", "sign", _beside((384, 128), _SIGN, 1.0, "pointed"), FAINTEST, False, "street lamp"),
    ),
)
"""Kinds of things, by name."""

ROLES: Registry[Role] = Registry(
    "role",
    (
        Role("none"),
        Role(
            "vehicle",
            outline="box",
            gait="rolls",
            manner="follow",
            cause="lead-vehicle",
            infraction="vehicle",
            shown=("vehicle",),
        ),
        Role(
            "parked",
            outline="box",
            gait="signals",
            manner="pass",
            cause="obstacle",
            infraction="vehicle",
            shown=("obstacle",),
        ),
        Role(
            "cone",
            outline="circle",
            manner="pass",
            cause="obstacle",
            infraction="static-object",
            shown=("obstacle",),
        ),
        Role(
            "light",
            gait="signals",
            manner="stop",
            cause="red-light",
            infraction="red-light",
            shown=("go", "stop", "stop"),
        ),
        Role(
            "pedestrian",
            outline="circle",
            radius=0.25,
            gait="walks",
            manner="yield",
            cause="pedestrian",
            infraction="pedestrian",
            shown=("pedestrian", "pedestrian", "crossing"),
        ),
    ),
)
"""Roles, by name. `none` is that of an empty row."""

SHIPPED_ROLES = len(ROLES)

# --- roles as kernels read them ---------------------------------------------------------------------------------------

ROLE_COLUMNS = ("outline", "radius", "gait", "manner", "known", "cause", "infraction")
"""Columns of `role_table`: indices into OUTLINES, GAITS, MANNERS and CAUSES; radius in metres; known 0 or 1; the column
of the infraction in the worlds' counts, -1 where they have none."""

OUTLINE, RADIUS, GAIT, MANNER, KNOWN, CAUSE, INFRACTION = range(len(ROLE_COLUMNS))


def role_table(infractions: tuple[str, ...] = INFRACTIONS) -> NDArray[np.float64]:
    """(roles, len(ROLE_COLUMNS)), for worlds that count these infractions. Not to be written to."""
    return _role_table(infractions, len(ROLES))


@lru_cache(maxsize=64)
def _role_table(infractions: tuple[str, ...], count: int) -> NDArray[np.float64]:
    columns = {name: i for i, name in enumerate(infractions)}
    rows = [
        (
            *(OUTLINES.index(role.outline), role.radius, GAITS.index(role.gait), MANNERS.index(role.manner)),
            *(role.known, CAUSES.index(role.cause), columns.get(role.infraction or "", -1)),
        )
        for role in ROLES.values()
    ]
    return np.array(rows, np.float64)


def in_manner(*manners: Manner) -> list[int]:
    """Ids of the roles that are met in these manners."""
    return [index for index, role in enumerate(ROLES.values()) if role.manner in manners]
