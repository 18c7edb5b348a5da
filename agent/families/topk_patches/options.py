"""What can be chosen in training `topk-patches`."""

from dataclasses import dataclass, field

from agent.families.objective import Options


@dataclass(frozen=True)
class Closing:
    """How the gates are closed once the network drives (docs/training.md)."""

    from_round: int = 5
    """The first round in which the budget counts; before it every gate may stay open."""
    ramp_rounds: float = 4.0
    """Rounds over which the share of open gates is brought down from all to the budget."""
    budget: float = 0.09
    """Mean share of gates that imitation may keep open; those opened by what the gate was taught come on top."""
    budget_weight: float = 3.0
    margin: float = 0.7
    """Gate logits are pushed out of [-margin, margin], against flicker."""
    margin_weight: float = 0.05
    consistency_weight: float = 3.0
    """On the change of the action when unread cells are replaced."""
    junk_weight: float = 1.0
    """On replaced cells that open."""
    junk_margin: float = 1.0
    """Replaced cells are pushed below minus this logit."""
    blind_weight: float = 0.5
    """On cells that open in frames that are nothing but junk."""


@dataclass(frozen=True)
class Finishing:
    """The last rounds' own."""

    budget: float = 0.10
    """Takes the place of closing's: a tight one starves looks unlike the others (docs/log.md)."""


@dataclass(frozen=True)
class TopKPatchesOptions(Options):
    """Patches, and how their gates are closed."""

    patch: tuple[int, int] = (8, 8)
    """Height and width of a patch in pixels."""
    closing: Closing = field(default_factory=Closing)
    finishing: Finishing = field(default_factory=Finishing)

    def shape(self, config: type) -> object:
        """Patches of that size."""
        return config(patch_size=self.patch)


QUICK = TopKPatchesOptions(closing=Closing(from_round=4, ramp_rounds=3.0, budget=0.14))
"""Of a quick run (`agent.config.QUICK`): its few rounds, and a budget that costs no driving."""
