"""What the suites have in common: which episodes, in which worlds, and how they say how far they are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sim.driver import Driver
from sim.lookup import named
from sim.policy import Policy, PolicySpec
from sim.rollout import Observer, Worlds
from sim.scenario import Scenario, name_of, scenario
from sim.seeds import TEST_FROM, VALIDATION
from sim.simulator import FIELD_OF_VIEW, Simulator
from sim.theme import Theme, resolve, theme_name

Stage = Callable[[str], Observer]
"""Told the name of each stage as it begins; gives back an observer for the drives in it."""

MakeWorlds = Callable[[int, PolicySpec | None], Worlds]
"""Makes n worlds that give the frames that a policy's spec asks for; None reads nothing."""

MEAN_MAP_SEED = VALIDATION.stop - 1_000
"""The mean map is taken from drives on validation seeds from here on, never from those that are scored."""


@dataclass(frozen=True)
class Options:
    """Episodes, one seed each from `seed_start` on; `frames` are sampled from them where a suite asks for frames.

    scenario, theme: as `sim.simulator.Simulator` takes them; several themes in a tuple are driven one after the other.
    worlds: how many are driven at once. environment: other worlds than the simulator's, a `MakeWorlds` or the
    FILE.py:object or module:object that is one; scenario and theme say nothing then. ValueError for unknown names and
    impossible numbers.
    """

    episodes: int
    seed_start: int = TEST_FROM
    frames: int = 2000
    scenario: str | Scenario = "open-road"
    theme: str | Theme | tuple[str, ...] = "train"
    worlds: int = 64
    environment: str | MakeWorlds | None = None

    def __post_init__(self) -> None:
        for name, least in (("episodes", 1), ("seed_start", 0), ("frames", 2), ("worlds", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name.replace('_', '-')} {getattr(self, name)}: expected at least {least}")
        scenario(self.scenario)
        for theme in self.theme if isinstance(self.theme, tuple) else (self.theme,):
            resolve(theme)
        if self.environment is not None:
            _maker(self.environment)
            self.one_theme  # noqa: B018  there are no looks to choose

    @property
    def seeds(self) -> range:
        """The episodes' seeds."""
        return range(self.seed_start, self.seed_start + self.episodes)

    @property
    def validation_seeds(self) -> range:
        """Those of the drives that the mean map is taken from."""
        return range(MEAN_MAP_SEED, MEAN_MAP_SEED + max(2, self.episodes // 5))

    @property
    def one_theme(self) -> str | Theme:
        """The theme; ValueError where there are several, to be driven one after the other."""
        if isinstance(self.theme, tuple):
            raise ValueError(f"themes {', '.join(self.theme)}: expected one")
        return self.theme

    @property
    def simulated(self) -> bool:
        """Whether the worlds are the simulator's, whose truth can be asked."""
        return self.environment is None

    def make_worlds(self, policy: Policy | Driver, episodes: int | None = None) -> Worlds:
        """Worlds for so many episodes, which look as the policy's spec asks."""
        n, spec = min(self.worlds, episodes or self.episodes), policy.spec
        if self.environment is not None:
            return _maker(self.environment)(n, spec)
        if spec is None:
            return Simulator(n, self.scenario, self.one_theme)
        return Simulator(n, self.scenario, self.one_theme, spec.frame_size, spec.view_angle(FIELD_OF_VIEW))

    def to_json(self) -> dict[str, Any]:
        """Plain data, by name: what the report holds, and what a job is written as. Of other worlds than the
        simulator's, no scenario and no theme."""
        numbers = {name: getattr(self, name) for name in ("episodes", "seed_start", "frames")}
        if self.environment is not None:
            return numbers | {"worlds": self.worlds, "environment": _named(self.environment)}
        theme = list(self.theme) if isinstance(self.theme, tuple) else theme_name(self.theme)
        return numbers | {"scenario": name_of(self.scenario), "theme": theme, "worlds": self.worlds}


def _maker(environment: str | MakeWorlds) -> MakeWorlds:
    """What makes the worlds. ValueError in one line where it cannot be found."""
    found: MakeWorlds = named("environment", environment, {}, Callable)  # type: ignore[arg-type]
    return found


def _named(environment: str | MakeWorlds) -> str:
    return environment if isinstance(environment, str) else getattr(environment, "__name__", str(environment))
