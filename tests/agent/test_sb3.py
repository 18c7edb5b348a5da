"""stable-baselines3's form of the batch: the same worlds as the native one, in its own conventions."""

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecMonitor

from agent.sb3 import DriveVecEnv
from sim.env import DriveVectorEnv

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
