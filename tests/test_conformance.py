"""One suite over everything that is registered: shipped policies, policy families, themes, scenarios."""

import numpy as np
import pytest

from agent import load_policy, policy_names
from agent.evaluate.evidence import EVIDENCED, PARTS, evidence_of
from agent.families import FAMILIES
from agent.families.frames import parameter_count
from sim import WORLD_VERSION
from sim.policy import Observation, Policy, act
from sim.scenario import SCENARIOS
from sim.simulator import Simulator
from sim.theme import SHIPPED_THEMES, load_theme, theme_names


def build(name: str) -> Policy:
    """An untrained policy of a family."""
    family = FAMILIES[name]
    return family.policy(family.network(family.config()))


SOURCES = [*(("family", name) for name in FAMILIES), *(("shipped", name) for name in policy_names())]


@pytest.fixture(scope="module", params=SOURCES, ids=lambda source: " ".join(source))
def policy(request: pytest.FixtureRequest) -> Policy:
    source, name = request.param
    return build(name) if source == "family" else load_policy(name)


@pytest.fixture(scope="module")
def observation(policy: Policy) -> Observation:
    simulator = Simulator(5, frame_size=policy.spec.frame_size, field_of_view=policy.spec.field_of_view)
    simulator.reset(np.arange(5), range(10_000, 10_005))
    return simulator.observe()


def rows(observation: Observation, chosen: list[int]) -> Observation:
    return {"frame": observation["frame"][chosen], "speed": observation["speed"][chosen]}


def test_policy_meets_the_protocol(policy: Policy, observation: Observation) -> None:
    assert isinstance(policy, Policy)
    decision, _ = policy.act(observation, policy.initial_state(5))
    assert decision.action.shape == (5, len(policy.spec.actions))
    assert decision.action.dtype == np.float32
    assert (np.abs(decision.action) <= 1).all()


def test_map_has_the_shape_and_kind_it_says(policy: Policy, observation: Observation) -> None:
    attention = policy.act(observation, policy.initial_state(5))[0].attention
    assert (attention is None) == (policy.spec.kind is None)
    if attention is None:
        return
    assert attention.kind == policy.spec.kind
    assert attention.weights.shape == (5, attention.cells.rows, attention.cells.cols)
    sums = attention.weights.sum((1, 2))
    assert ((np.abs(sums - 1) < 1e-4) | (sums == 0)).all()
    assert (attention.weights >= 0).all()
    assert (attention.kept is not None) == (attention.kind == "selection")


def test_asking_twice_gives_the_same_bits_and_disturbs_nothing(policy: Policy, observation: Observation) -> None:
    before = observation["frame"].copy()
    first, second = (policy.act(observation, policy.initial_state(5))[0].action for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(observation["frame"], before)


def test_worlds_of_a_batch_do_not_mix(policy: Policy, observation: Observation) -> None:
    order = [3, 1, 4, 0, 2]
    straight = policy.act(observation, policy.initial_state(5))[0].action
    mixed = policy.act(rows(observation, order), policy.initial_state(5))[0].action
    np.testing.assert_allclose(mixed, straight[order], atol=1e-6)
    alone = policy.act(rows(observation, [2]), policy.initial_state(1))[0].action
    np.testing.assert_allclose(alone[0], straight[2], atol=1e-5)


def test_keep_is_obeyed_or_refused(policy: Policy, observation: Observation) -> None:
    if policy.spec.kind == "selection":
        clean = policy.act(observation, policy.initial_state(5))[0].attention
        keep = np.zeros_like(clean.kept)
        keep[:, 4, 3:6] = True
        forced = act(policy, observation, policy.initial_state(5), keep)[0].attention
        np.testing.assert_array_equal(forced.kept, keep)
        assert not forced.weights[~keep].any()
    else:
        with pytest.raises(ValueError, match="keep"):
            act(policy, observation, policy.initial_state(5), np.zeros((5, 1, 1), bool))


@pytest.mark.parametrize("name", policy_names())
def test_shipped_policies_are_small(name: str) -> None:
    assert parameter_count(load_policy(name).network) < 150_000


@pytest.mark.parametrize("name", policy_names())
def test_shipped_policies_carry_the_evidence_that_they_claim_or_none(name: str) -> None:
    evidence = evidence_of(name)
    if name not in EVIDENCED:
        assert evidence is None, "evidence that is not claimed is not kept up: add the policy to EVIDENCED"
        return
    assert set(evidence) == set(PARTS)
    assert set(evidence["themes"]["policies"][name]["scores"]) == set(SHIPPED_THEMES)
    assert {report["world"] for report in evidence.values()} == {WORLD_VERSION}, "the evidence is of another world"
    weights = {report["policies"][name]["provenance"]["weights_sha256"] for report in evidence.values()}
    assert weights == {load_policy(name).provenance["weights_sha256"]}, "the evidence is of other weights"


def test_who_claims_evidence_is_shipped() -> None:
    assert set(EVIDENCED) <= set(policy_names())


@pytest.mark.parametrize("theme", theme_names())
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_looks_and_drives_in_every_theme(scenario: str, theme: str) -> None:
    simulator = Simulator(2, scenario, theme)
    simulator.reset(np.arange(2), [0, 1])
    frames = [simulator.observe()["frame"]]
    for _ in range(20):
        action, cause, _ = simulator.expert()
        assert np.isfinite(action).all()
        assert (cause >= 0).all()
        simulator.step(action)
    frames.append(simulator.observe()["frame"])
    for frame in frames:
        assert frame.std() > 5, "a picture of something"
    assert (frames[0] != frames[1]).any(), "and it moves"
    assert load_theme(theme).split in ("train", "heldout")


@pytest.mark.parametrize("theme", theme_names())
def test_a_theme_changes_the_picture_and_nothing_else(theme: str) -> None:
    simulators = [Simulator(1, theme=name) for name in (theme, "meadow")]
    for simulator in simulators:
        simulator.reset(np.arange(1), [7])
    mine, meadow = simulators
    np.testing.assert_array_equal(mine.world.tracks.points, meadow.world.tracks.points)
    np.testing.assert_array_equal(mine.truth().segmentation, meadow.truth().segmentation)
    if theme != "meadow":
        assert (mine.observe()["frame"] != meadow.observe()["frame"]).any()
