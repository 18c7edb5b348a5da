"""RedGaze/Drive-v0 in both forms: Gymnasium's and stable-baselines3's checkers, seeds, infos, autoreset, refusals."""

import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import vector as vector_wrappers

import sim  # noqa: F401  registers the environment
from sim.env import DriveEnv, DriveVectorEnv
from sim.kinds import CAUSES, INFRACTIONS, KINDS
from sim.scene import OBJECT_COLUMNS
from sim.seeds import TRAINING

ID = "RedGaze/Drive-v0"
SMALL: dict[str, Any] = {"frame_size": (24, 40)}
STRAIGHT = np.array([0.0, 0.3], np.float32)
INFO_KEYS = {
    "none": set(),
    "pose": {"seed", "s", "d", "heading_error", "route_completion", "infractions", "cost"},
    "expert": {"expert_action", "cause", "cause_id", "cause_object"},
    "truth": {"segmentation", "instance", "depth", "objects", "object_distance", "object_pixels"},
}
LEVELS = list(INFO_KEYS)


@pytest.mark.parametrize(
    ("scenario", "level"), [*(("open-road", level) for level in LEVELS), ("traffic", "truth"), ("town", "truth")]
)
def test_gymnasiums_checker_has_nothing_to_say(scenario: str, level: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It also makes the environment anew in every render mode, so "human" opens a window, on a display of straw."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        options = {"scenario": scenario, "info_level": level, **SMALL}
        check_env(gymnasium.make(ID, render_mode="rgb_array", **options).unwrapped)


@pytest.mark.parametrize(
    "made", [lambda: gymnasium.make(ID, **SMALL), lambda: gymnasium.make(ID, render_mode="human", **SMALL)]
)
def test_gymnasiums_checker_passes_without_a_display(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As other environments do. That nothing will be seen is said: once by each environment that would show it."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER"):
        monkeypatch.delenv(name, raising=False)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check_env(made().unwrapped)
    assert {str(each.message).split(" (")[0].split("WARN: ")[-1] for each in said} == {"render_mode 'human': no window"}


def test_without_a_display_human_mode_drives_on_with_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER"):
        monkeypatch.delenv(name, raising=False)
    env = DriveEnv(render_mode="human", **SMALL)
    with pytest.warns(UserWarning, match="no window"):
        env.reset(seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env.step(STRAIGHT)
        env.close()


def test_stable_baselines_checker_has_nothing_to_say() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(gymnasium.make(ID).unwrapped)


@pytest.mark.parametrize("options", [{}, {"frame_size": (96, 96), "info_level": "none"}])
def test_observations_stay_in_their_space_even_at_full_throttle(options: dict[str, Any]) -> None:
    env = DriveEnv(**options)
    observation, _ = env.reset(seed=1)
    ended = False
    while not ended:
        assert observation in env.observation_space
        observation, _, terminated, truncated, _ = env.step(np.array([0.0, 1.0], np.float32))
        ended = terminated or truncated


@pytest.mark.parametrize("level", LEVELS)
def test_each_info_level_adds_its_keys(level: str) -> None:
    env = DriveEnv(info_level=level, **SMALL)
    expected = set().union(*(INFO_KEYS[each] for each in LEVELS[: LEVELS.index(level) + 1]))
    assert set(env.reset(seed=1)[1]) == expected
    assert set(env.step(STRAIGHT)[4]) == expected


def test_infos_mean_what_the_page_says() -> None:
    env = DriveEnv(info_level="truth", **SMALL)
    _, info = env.reset(seed=11)
    assert (info["seed"], info["s"], info["d"], info["cost"]) == (11, 0.0, -1.75, 0.0)
    assert info["infractions"] == dict.fromkeys(INFRACTIONS, 0)
    assert CAUSES[info["cause_id"]] == info["cause"]
    assert info["expert_action"] in env.action_space
    assert info["cause_object"] == -1, "the road itself"
    there = np.isfinite(info["object_distance"])
    assert (there == (info["objects"][:, OBJECT_COLUMNS.index("kind")] >= 0)).all()
    counts = np.bincount(info["instance"].ravel(), minlength=len(there) + 1)[1:]
    assert (info["object_pixels"] == counts).all()
    assert info["segmentation"].shape == info["instance"].shape == info["depth"].shape == (24, 40)


def test_the_cause_object_is_of_the_cause_s_kind_and_ahead() -> None:
    """Driven by the expert through towns until a light, a vehicle and a person have each made it act."""
    kinds = {"red-light": {"traffic light"}, "lead-vehicle": {"car", "van", "truck"}, "pedestrian": {"pedestrian"}}
    env = DriveEnv("town", info_level="expert", frame_size=(8, 8))
    world, met, seeds, ended = env.simulator.world, set(), iter(range(11, 19)), True
    while met != set(kinds):
        if ended:
            _, info = env.reset(seed=next(seeds))
        if info["cause"] in kinds:
            met.add(info["cause"])
            thing = dict(zip(OBJECT_COLUMNS, world.objects[0, info["cause_object"]].tolist(), strict=True))
            assert KINDS.names[int(thing["kind"])] in kinds[info["cause"]]
            x, y, yaw = world.poses()[0]
            assert np.cos(yaw) * (thing["x"] - x) + np.sin(yaw) * (thing["y"] - y) > 0.0
        _, _, terminated, truncated, info = env.step(info["expert_action"])
        ended = terminated or truncated


def test_reward_is_a_tenth_of_the_metres_gained() -> None:
    env = DriveEnv(**SMALL)
    _, before = env.reset(seed=3)
    for _ in range(20):
        _, reward, _, _, info = env.step(STRAIGHT)
        assert reward == pytest.approx(0.1 * (info["s"] - before["s"]))
        before = info


def test_leaving_the_road_costs_and_then_terminates() -> None:
    env = DriveEnv(**SMALL)
    env.reset(seed=3)
    cost, ended = 0.0, False
    while not ended:
        _, _, terminated, truncated, info = env.step(np.array([-1.0, 0.5], np.float32))
        cost += info["cost"]
        ended = terminated or truncated
    assert terminated
    assert not truncated
    assert info["infractions"]["off-road"] == 1
    assert cost == sum(info["infractions"].values())


def test_the_time_limit_truncates() -> None:
    env = DriveEnv(time_limit=0.2, **SMALL)
    env.reset(seed=3)
    flags = [env.step(STRAIGHT)[2:4] for _ in range(4)]
    assert flags == [(False, False)] * 3 + [(False, True)]


def test_the_expert_earns_a_tenth_of_the_lap_and_terminates() -> None:
    env = DriveEnv(info_level="expert", frame_size=(8, 8))
    _, info = env.reset(seed=3)
    total, terminated = 0.0, False
    while not terminated:
        _, reward, terminated, truncated, info = env.step(info["expert_action"])
        total += reward
        assert not truncated
    assert info["route_completion"] == 1.0
    assert total == pytest.approx(0.1 * env.simulator.world.route_length[0], abs=0.2)


def test_a_seed_is_exactly_that_world() -> None:
    first, second = DriveEnv(**SMALL), DriveEnv(**SMALL)
    second.reset(seed=99)
    pair = [first.reset(seed=20_000), second.reset(seed=20_000)]
    assert data_equivalence(pair[0], pair[1], exact=True)
    assert pair[0][1]["seed"] == 20_000


def test_resets_without_a_seed_follow_from_the_last_seed_and_stay_among_the_training_worlds() -> None:
    def seeds(env: DriveEnv) -> list[int]:
        return [env.reset(seed=5)[1]["seed"], *(env.reset()[1]["seed"] for _ in range(4))]

    drawn = seeds(DriveEnv(**SMALL))
    assert drawn == seeds(DriveEnv(**SMALL))
    assert len(set(drawn)) == 5
    assert max(drawn) in TRAINING


@pytest.mark.parametrize("action", [[np.nan, 0.0], [0.0, np.inf], [0.0], [0.0, 0.0, 0.0], 0.5, ["left", "gas"]])
def test_bad_actions_are_refused_and_the_episode_goes_on(action: Any) -> None:
    env = DriveEnv(**SMALL)
    env.reset(seed=1)
    with pytest.raises(ValueError, match=r"action|string") as error:
        env.step(action)
    assert "\n" not in str(error.value)
    env.step(STRAIGHT)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theme": "foggy-moon"}, "theme 'foggy-moon'"),
        ({"scenario": "motorway"}, "scenario 'motorway'"),
        ({"info_level": "expret"}, "did you mean 'expert'"),
        ({"render_mode": "rgb"}, "render_mode 'rgb'"),
        ({"frame_size": (96,)}, "height, width"),
    ],
)
@pytest.mark.parametrize("form", [DriveEnv, DriveVectorEnv])
def test_unknown_names_are_refused(form: type, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        form(**options)


def test_steps_outside_an_episode_ask_for_a_reset() -> None:
    env = DriveEnv(time_limit=0.05, **SMALL)
    with pytest.raises(ResetNeeded):
        env.step(STRAIGHT)
    env.reset(seed=1)
    env.step(STRAIGHT)
    with pytest.raises(ResetNeeded):
        env.step(STRAIGHT)
    with pytest.raises(ResetNeeded):
        DriveVectorEnv(2, **SMALL).step(np.tile(STRAIGHT, (2, 1)))


def test_the_window_shows_every_step_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    window = pytest.importorskip("sim.view.window")
    shown: list[tuple[int, ...]] = []
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    monkeypatch.setattr(window.FrameWindow, "show", lambda _, picture: shown.append(picture.shape))
    env = DriveEnv(render_mode="human", **SMALL)
    env.reset(seed=1)
    env.step(STRAIGHT)
    assert env.render() is None
    assert shown == [(720, 1280, 3)] * 2
    env.close()
    env.close()


def test_render_is_the_display_picture_and_changes_nothing() -> None:
    env = DriveEnv(render_mode="rgb_array", **SMALL)
    env.reset(seed=1)
    picture = env.render()
    assert picture.shape == (720, 1280, 3)
    with_render = env.step(STRAIGHT)
    other = DriveEnv(**SMALL)
    other.reset(seed=1)
    assert data_equivalence(with_render, other.step(STRAIGHT), exact=True)


# The vector form


def actions(step: int, n: int) -> np.ndarray:
    """Some of the worlds steer off the road, so that episodes end at different times."""
    return np.stack([[0.05 * row * np.sin(0.1 * step), 0.5] for row in range(n)]).astype(np.float32)


@pytest.mark.parametrize(("scenario", "level"), [("open-road", "none"), ("open-road", "truth"), ("town", "truth")])
def test_the_batch_is_the_same_as_single_environments_in_gymnasiums_own_loop(scenario: str, level: str) -> None:
    """Bit for bit: observations, rewards, flags and infos, over many same-step autoresets."""
    n, options = 3, {"scenario": scenario, "time_limit": 1.0, "info_level": level, **SMALL}
    batch = gymnasium.make_vec(ID, num_envs=n, vectorization_mode="vector_entry_point", **options)
    loop = SyncVectorEnv([lambda: DriveEnv(**options)] * n, autoreset_mode=AutoresetMode.SAME_STEP)
    assert batch.observation_space == loop.observation_space
    assert batch.action_space == loop.action_space
    assert data_equivalence(batch.reset(seed=7), loop.reset(seed=7), exact=True)
    ended = 0
    for step in range(50):
        ours, theirs = batch.step(actions(step, n)), loop.step(actions(step, n))
        assert data_equivalence(ours, theirs, exact=True)
        ended += np.sum(ours[2] | ours[3])
    assert ended >= 2 * n


def test_vector_metadata_and_default_mode() -> None:
    envs = gymnasium.make_vec(ID, num_envs=2, **SMALL)
    assert isinstance(envs, DriveVectorEnv)
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP


def test_final_observation_and_info_are_those_of_the_ended_episode() -> None:
    envs = DriveVectorEnv(2, time_limit=0.1, **SMALL)
    envs.reset(seed=[1, 2])
    assert "final_obs" not in envs.step(actions(0, 2))[4]
    observation, _, _, truncated, infos = envs.step(actions(1, 2))
    assert truncated.all()
    assert infos["final_info"]["seed"].tolist() == [1, 2]
    assert infos["_final_info"].all()
    assert (infos["final_info"]["s"] > 0.2).all()
    assert infos["s"].tolist() == [0.0, 0.0]
    for row in range(2):
        final = infos["final_obs"][row]
        assert final in envs.single_observation_space
        assert not np.array_equal(final["frame"], observation["frame"][row])


def test_a_reset_mask_begins_some_worlds_and_leaves_the_others() -> None:
    envs = DriveVectorEnv(3, **SMALL)
    envs.reset(seed=1)
    before = envs.step(actions(0, 3))[0]
    mask = np.array([False, True, False])
    observation, infos = envs.reset(seed=10, options={"reset_mask": mask})
    np.testing.assert_array_equal(observation["frame"][~mask], before["frame"][~mask])
    assert infos["_seed"].tolist() == mask.tolist()
    assert infos["seed"][1] == 11
    np.testing.assert_array_equal(observation["frame"][1], DriveEnv(**SMALL).reset(seed=11)[0]["frame"])


@pytest.mark.parametrize("mask", [np.zeros(3, bool), np.ones(2, bool), np.ones(3, int)])
def test_bad_reset_masks_are_refused(mask: np.ndarray) -> None:
    envs = DriveVectorEnv(3, **SMALL)
    with pytest.raises(ValueError, match="reset_mask"):
        envs.reset(seed=1, options={"reset_mask": mask})


def test_a_mask_cannot_leave_out_worlds_that_never_began() -> None:
    with pytest.raises(ResetNeeded):
        DriveVectorEnv(2, **SMALL).reset(seed=1, options={"reset_mask": np.array([True, False])})


def test_a_list_of_seeds_must_fit() -> None:
    envs = DriveVectorEnv(3, **SMALL)
    assert envs.reset(seed=[4, None, 6])[1]["seed"][[0, 2]].tolist() == [4, 6]
    with pytest.raises(ValueError, match="2 seeds for 3"):
        envs.reset(seed=[1, 2])


def test_vector_render_gives_a_picture_a_world() -> None:
    envs = DriveVectorEnv(2, render_mode="rgb_array", **SMALL)
    envs.reset(seed=1)
    pictures = envs.render()
    assert [picture.shape for picture in pictures] == [(720, 1280, 3)] * 2
    assert not np.array_equal(*pictures)


def test_gymnasium_imports_the_package_that_the_id_names() -> None:
    """From another folder, in a fresh interpreter, without a warning, as long as the package can be found."""
    code = (
        "import gymnasium; print(gymnasium.make('sim:RedGaze/Drive-v0', frame_size=(24, 40)).reset(seed=1)[1]['seed'])"
    )
    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert (result.stdout.strip(), result.stderr) == ("1", "")


VECTOR_WRAPPERS = {
    "statistics": vector_wrappers.RecordEpisodeStatistics,
    "dict infos": vector_wrappers.DictInfoToList,
    "clipped actions": vector_wrappers.ClipAction,
    "clipped reward": lambda envs: vector_wrappers.ClipReward(envs, -1.0, 1.0),
    "normal reward": vector_wrappers.NormalizeReward,
    "frames alone": lambda envs: vector_wrappers.FilterObservation(envs, ["frame"]),
}


@pytest.mark.parametrize("wrap", VECTOR_WRAPPERS.values(), ids=VECTOR_WRAPPERS)
def test_gymnasiums_vector_wrappers_work_on_the_native_batch(wrap) -> None:
    envs = wrap(
        gymnasium.make_vec(
            ID,
            num_envs=3,
            vectorization_mode="vector_entry_point",
            frame_size=(16, 16),
            autoreset_mode=AutoresetMode.NEXT_STEP,
        )
    )
    envs.reset(seed=5)
    ended = np.zeros(3, bool)
    for _ in range(200):  # straight on leaves every road
        observation, reward, terminated, truncated, _ = envs.step(np.tile(np.float32([0.0, 0.3]), (3, 1)))
        ended |= terminated | truncated
    assert ended.all()
    assert observation["frame"].shape == (3, 16, 16, 3)
    assert reward.shape == (3,)


def test_wrapped_statistics_know_the_length_of_an_episode() -> None:
    batch = gymnasium.make_vec(ID, num_envs=2, vectorization_mode="vector_entry_point", frame_size=(16, 16))
    envs, length, total = vector_wrappers.RecordEpisodeStatistics(batch), np.zeros(2, int), np.zeros(2)
    envs.reset(seed=5)
    for _ in range(300):
        _, reward, terminated, truncated, infos = envs.step(np.tile(np.float32([0.0, 0.3]), (2, 1)))
        length, total = length + 1, total + reward
        if (over := np.flatnonzero(terminated | truncated)).size:
            assert infos["episode"]["l"][over[0]] == length[over[0]]
            assert infos["episode"]["r"][over[0]] == pytest.approx(total[over[0]], rel=1e-4)
            return
    raise AssertionError("no episode ended")


def test_the_next_step_resets_where_it_was_asked_to() -> None:
    """The same worlds and episodes as with resets in the same step, an idle step apart."""
    settings = {"num_envs": 2, "frame_size": (16, 16)}
    same, later = DriveVectorEnv(**settings), DriveVectorEnv(**settings, autoreset_mode="NextStep")
    for envs in (same, later):
        envs.reset(seed=9)
    actions, behind = np.tile(STRAIGHT, (2, 1)), np.zeros(2, bool)
    while not behind.any():
        one, other = same.step(actions), later.step(actions)
        behind = one[2] | one[3]
        np.testing.assert_array_equal(behind, other[2] | other[3])
        np.testing.assert_array_equal(one[1], other[1])
    last = one[4]["final_obs"][np.flatnonzero(behind)[0]]["frame"]
    np.testing.assert_array_equal(other[0]["frame"][behind][0], last)
    observation, reward, terminated, truncated, _ = later.step(actions)
    assert not (terminated | truncated)[behind].any()
    assert (reward[behind] == 0).all()
    np.testing.assert_array_equal(observation["frame"][behind], one[0]["frame"][behind])


def test_an_unknown_way_to_reset_is_refused() -> None:
    with pytest.raises(ValueError, match=r"autoreset_mode.*NextStep"):
        DriveVectorEnv(2, autoreset_mode="NextStp")
