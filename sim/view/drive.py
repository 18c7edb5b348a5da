"""Who drives what: a source, the drivers that may be put at the wheel, and one decision after another."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import numpy as np

from sim.driver import Driver
from sim.policy import DRIVING, State
from sim.rollout import check_fit
from sim.view.blinding import BLINDINGS
from sim.view.keyboard import KeyboardWheel
from sim.view.moment import Comparison, Moment, Sight
from sim.view.settings import Settings
from sim.view.source import Forkable, Imagining, Source


class Drive:
    """A drive. `look` changes nothing, `act` takes a control step. ending: how the episode ended, "" until then."""

    def __init__(self, source: Source, drivers: Mapping[str, Callable[[], Driver]], name: str) -> None:
        """`drivers`: by name, loaded when first asked for; `name` is the one to begin with."""
        self.source, self.name = source, name
        self.wheel = KeyboardWheel()
        self.ending, self.steps = "", 0
        self._state: State = None
        self._makers, self._loaded = dict(drivers), dict[str, Driver]()
        self.choose(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all who may drive."""
        return tuple(self._makers)

    @property
    def driver(self) -> Driver:
        """Who decides."""
        return self._loaded[self.name]

    @property
    def steers(self) -> bool:
        """Whether a person's keys can drive here."""
        return tuple(self.source.actions) == DRIVING

    def choose(self, name: str) -> None:
        """Put this driver at the wheel; whatever it remembered is gone. What goes wrong leaves the last one there."""
        driver = self._loaded.get(name) or self._makers[name]()
        try:
            fit(self.source, driver)
        except ValueError:
            if self.name in self._loaded:
                fit(self.source, self.driver)
            raise
        self._loaded[name], self.name = driver, name
        self._forget()

    def begin(self) -> None:
        """A new episode begins."""
        self.ending = ""
        self._forget()

    def look(self, settings: Settings) -> Moment:
        """Observe and decide: the exact pair of this instant."""
        instant, source = self.source.instant(), self.source
        status, seen, comparison = source.status(instant), instant, None
        if (settings.without or settings.unseen) and status.culprit and isinstance(source, Imagining):
            imagined = source.without(instant, status.culprit.row)
            seen = imagined if settings.unseen else instant
            if settings.without:
                comparison = Comparison(self._sight(instant, settings), self._sight(imagined, settings))
        sight = self._acted_on(comparison, settings) or self._sight(seen, settings)
        action = sight.decision.action[0]
        return self.handed(Moment(self.steps, instant, self._state, status, sight, action, comparison), settings)

    def handed(self, moment: Moment, settings: Settings) -> Moment:
        """The moment with the action of who is at the wheel: the driver's, or where a person's hands are now."""
        action = self.wheel.action if settings.at_wheel else moment.decision.action[0]
        return moment if np.array_equal(action, moment.action) else replace(moment, action=action)

    def act(self, moment: Moment) -> None:
        """Carry the moment's action out."""
        self._state = moment.sight.after
        self.ending = self.source.apply(moment.action[None]) or ""
        self.steps += 1

    def by_hand(self, moment: Moment, held: Collection[str]) -> Moment:
        """The same moment with a person's action, who holds these keys (see `actions.DRIVING_KEYS`)."""
        action = self.wheel.move(held, moment.status.speed or 0.0, 1 / float(self.source.rate))
        return replace(moment, action=action[0])

    def fork(self, moment: Moment) -> "Drive":
        """Another drive that goes on from that moment, with the same drivers. ValueError where the source cannot."""
        if not isinstance(self.source, Forkable):
            raise ValueError(f"{type(self.source).__name__} cannot go on twice; expected a source with fork")
        other = Drive(self.source.fork(moment.instant), self._makers | self._ready(), self.name)
        other._state, other.steps = moment.state, moment.step
        return other

    def _ready(self) -> dict[str, Callable[[], Driver]]:
        """The loaded drivers: none is loaded twice."""
        return {name: lambda driver=driver: driver for name, driver in self._loaded.items()}  # type: ignore[misc]

    def _forget(self) -> None:
        self._state = self.driver.initial_state(1)

    def _acted_on(self, comparison: Comparison | None, settings: Settings) -> Sight | None:
        if comparison is None:
            return None
        return comparison.without_it if settings.unseen else comparison.with_it

    def _sight(self, instant: object, settings: Settings) -> Sight:
        """What is decided at an instant; blinded, on the overwritten frame, from the same state."""
        observation, truth = self.source.observe(instant), self.source.truth(instant)
        decision, after = self.driver.decide(observation, truth, self._state)
        attention = decision.attention
        if settings.blinding is None or attention is None:
            return Sight(observation, decision, instant, after=after)
        blinding = BLINDINGS[settings.blinding]
        hidden = blinding.hides(attention)
        chance = np.random.default_rng(self.steps)  # asked again for this instant, the same noise
        edited = blinding.apply(observation, attention, hidden, chance)
        decision, after = self.driver.decide(edited, truth, self._state)
        return Sight(edited, decision, instant, hidden, attention.cells, after)


def fit(source: Source, driver: Driver) -> None:
    """Have the source give what a driver reads. ValueError where it cannot, or takes other actions."""
    if driver.spec is not None:
        source.fit(driver.spec)
        check_fit(driver.spec, source)
