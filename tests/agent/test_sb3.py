"""stable-baselines3's form of the batch: the same worlds as the native one, in its own conventions."""

import copy
import pickle
import sys
import types

import cloudpickle
import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import data_equivalence

pytest.importorskip("stable_baselines3")

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecMonitor

from agent.sb3 import DriveVecEnv
from sim.env import DriveVectorEnv

ID = "sim:RedGaze/Drive-v0"
SETTINGS = {"frame_size": (36, 64), "info_level": "pose", "time_limit": 2.0}


def test_the_same_worlds_as_the_native_batch() -> None:
    """60 steps with a time limit of 40: every world is reset once on the way."""
    ours, native = DriveVecEnv(3, **SETTINGS), DriveVectorEnv(3, **SETTINGS)
    ours.seed(5)
    mine, (theirs, infos) = ours.reset(), native.reset(seed=5)
    assert [info["seed"] for info in ours.reset_infos] == [5, 6, 7]
    rng, ends = np.random.default_rng(0), 0
    for _ in range(60):
        np.testing.assert_array_equal(mine["frame"], theirs["frame"])
        np.testing.assert_array_equal(mine["speed"], theirs["speed"])
        actions = rng.uniform([-0.05, 0.0], [0.05, 0.3], (3, 2)).astype(np.float32)
        mine, reward, done, told = ours.step(actions)
        theirs, wanted, terminated, truncated, infos = native.step(actions)
        np.testing.assert_array_equal(reward, wanted.astype(np.float32))
        np.testing.assert_array_equal(done, terminated | truncated)
        assert [info["seed"] for info in told] == infos["seed"].tolist()
        for row in np.flatnonzero(done):
            ends += 1
            np.testing.assert_array_equal(told[row]["terminal_observation"]["frame"], infos["final_obs"][row]["frame"])
            assert told[row]["TimeLimit.truncated"] == (truncated[row] and not terminated[row])
            assert told[row]["final_info"]["infractions"]["off-road"] == 0
    assert ends == 3


def test_nothing_is_told_where_nothing_was_asked_for() -> None:
    worlds = DriveVecEnv(2, frame_size=(36, 64))
    worlds.reset()
    assert worlds.step(np.zeros((2, 2), np.float32))[3] == [{}, {}]


def test_ppo_takes_its_steps() -> None:
    worlds = VecMonitor(DriveVecEnv(4, frame_size=(36, 64), time_limit=2.0))
    model = PPO("MultiInputPolicy", worlds, n_steps=45, batch_size=90, n_epochs=1, seed=0)
    before = {name: weights.clone() for name, weights in model.policy.state_dict().items()}
    model.learn(180)
    assert len(model.ep_info_buffer) == 4
    assert any((weights != before[name]).any() for name, weights in model.policy.state_dict().items())


@pytest.mark.parametrize("call", [lambda worlds: worlds.set_attr("n", 1), lambda worlds: worlds.env_method("reset")])
def test_single_worlds_cannot_be_had(call) -> None:
    with pytest.raises(NotImplementedError):
        call(DriveVecEnv(2, frame_size=(36, 64)))


@pytest.mark.parametrize("way", [copy.deepcopy, lambda it: pickle.loads(cloudpickle.dumps(it))])
def test_a_copy_goes_on_bit_for_bit(way) -> None:
    worlds = DriveVecEnv(2, **SETTINGS, render_mode="rgb_array")
    worlds.seed(5)
    worlds.reset()
    worlds.step(np.zeros((2, 2), np.float32))
    other = way(worlds)
    actions = np.full((2, 2), 0.1, np.float32)
    for _ in range(2):
        assert data_equivalence(worlds.step(actions), other.step(actions), exact=True)
    np.testing.assert_array_equal(worlds.render(), other.render())


# How fast recorders play what they recorded


NEVER = lambda number: False  # noqa: E731


def vec_video_recorder(folder: str) -> float:
    from stable_baselines3.common.vec_env import VecVideoRecorder

    worlds = VecMonitor(DriveVecEnv(2, **SETTINGS, render_mode="rgb_array"))
    return VecVideoRecorder(worlds, folder, NEVER).frames_per_sec


def vec_video_recorder_of_singles(folder: str) -> float:
    from stable_baselines3.common.vec_env import DummyVecEnv, VecVideoRecorder

    worlds = DummyVecEnv([lambda: gymnasium.make(ID, **SETTINGS, render_mode="rgb_array")])
    return VecVideoRecorder(worlds, folder, NEVER).frames_per_sec


def record_video(folder: str) -> float:
    return gymnasium.wrappers.RecordVideo(gymnasium.make(ID, render_mode="rgb_array"), folder, NEVER).frames_per_sec


def record_video_of_vectors(folder: str) -> float:
    worlds = gymnasium.make_vec(ID, 2, render_mode="rgb_array", autoreset_mode="NextStep")
    return gymnasium.wrappers.vector.RecordVideo(worlds, folder, episode_trigger=NEVER).frames_per_sec


def save_video(folder: str) -> float:
    """Its documentation reads the rate of `env.metadata`."""
    return gymnasium.make(ID).metadata["render_fps"]


def collected_pictures(folder: str) -> float:
    """What is collected between two calls of `render` is recorded by whoever reads the wrapper's metadata."""
    return gymnasium.wrappers.RenderCollection(gymnasium.make(ID, render_mode="rgb_array")).metadata["render_fps"]


def human_rendering(folder: str) -> float:
    return gymnasium.wrappers.HumanRendering(gymnasium.make(ID, render_mode="rgb_array")).metadata["render_fps"]


def human_rendering_of_vectors(folder: str) -> float:
    worlds = gymnasium.make_vec(ID, 2, render_mode="rgb_array")
    return gymnasium.wrappers.vector.HumanRendering(worlds).metadata["render_fps"]


@pytest.mark.parametrize(
    "recorder",
    [
        *(vec_video_recorder, vec_video_recorder_of_singles, record_video, record_video_of_vectors, save_video),
        *(collected_pictures, human_rendering, human_rendering_of_vectors),
    ],
)
def test_recorders_play_at_the_speed_of_the_drive(recorder, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moviepy", types.ModuleType("moviepy"))  # asked for by name alone until it writes
    assert recorder(str(tmp_path / "films")) == 20
