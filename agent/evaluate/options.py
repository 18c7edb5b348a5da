"""What the suites have in common: which episodes, in which worlds, and how they say how far they are."""

from collections.abc import Callable
from dataclasses import dataclass

from sim.driver import Driver
from sim.policy import Policy
from sim.rollout import Observer
from sim.scenario import Scenario, scenario
from sim.simulator import FIELD_OF_VIEW, Simulator
from sim.theme import Theme, resolve

Stage = Callable[[str], Observer]
"""Told the name of each stage as it begins; gives back an observer for the drives in it."""

TEST_SEED = 20_000
"""Seeds from here on are for reported figures only."""

MEAN_MAP_SEED = 19_000
"""The mean map is taken from drives on validation seeds from here on, never from those that are scored."""

DEFAULT_EPISODES = {"driving": 100, "faithfulness": 50, "causes": 100}


@dataclass(frozen=True)
class Options:
    """Episodes, one seed each from `seed_start` on; `frames` are sampled from them where a suite asks for frames.

    scenario, theme: as `sim.simulator.Simulator` takes them. worlds: how many are driven at once. ValueError for
    unknown names and impossible numbers.
    """

    episodes: int
    seed_start: int = TEST_SEED
    frames: int = 2000
    scenario: str | Scenario = "open-road"
    theme: str | Theme = "train"
    worlds: int = 64

    def __post_init__(self) -> None:
        for name, least in (("episodes", 1), ("seed_start", 0), ("frames", 2), ("worlds", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name.replace('_', '-')} {getattr(self, name)}: expected at least {least}")
        scenario(self.scenario)
        resolve(self.theme)

    @property
    def seeds(self) -> range:
        """The episodes' seeds."""
        return range(self.seed_start, self.seed_start + self.episodes)

    def simulator(self, policy: Policy | Driver, episodes: int | None = None) -> Simulator:
        """Worlds for so many episodes, which look as the policy's spec asks."""
        n = min(self.worlds, episodes or self.episodes)
        if isinstance(policy, Driver):
            return Simulator(n, self.scenario, self.theme)
        spec = policy.spec
        return Simulator(n, self.scenario, self.theme, spec.frame_size, spec.view_angle(FIELD_OF_VIEW))
