"""The shipped policy families, each registered by one line; one of one's own: docs/training.md."""

from agent.families.family import FAMILIES, Family, find, register
from agent.families.objective import Batch, Loss, Objective, Options, Progress
from agent.families.topk_patches.network import TopKPatches, TopKPatchesConfig
from agent.families.topk_patches.objective import ReadLittle
from agent.families.topk_patches.options import QUICK, TopKPatchesOptions
from agent.families.topk_patches.policy import TopKPatchesPolicy
from agent.families.undisturbed import undisturbed

register(
    Family("topk-patches", TopKPatchesConfig, TopKPatches, TopKPatchesPolicy, ReadLittle, TopKPatchesOptions, QUICK),
)

__all__ = ["FAMILIES", "Batch", "Family", "Loss", "Objective", "Options", "Progress", "find", "register", "undisturbed"]
