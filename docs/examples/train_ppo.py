"""stable-baselines3's PPO learns to drive from frames, from nothing: `python docs/examples/train_ppo.py --minutes 1`.

Needs `pip install 'redgaze[train]'`. Writes curve.csv, curve.png and the policy, which decides as `make` asks for, into
the folder `--out`.
"""

import csv
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from stable_baselines3.common.vec_env import VecEnvWrapper, VecMonitor, VecNormalize
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn
from torch import Tensor, nn

from agent.sb3 import DriveVecEnv
from sim.command_line import mistakes_in_one_line, parse
from sim.seeds import VALIDATION

FRAME_SIZE = (48, 64)
VALIDATION_WORLDS = 16

REPEAT = 4
"""Control steps for which an action holds, 0.2 s: the front wheels turn too slowly for exploration at 20 Hz to show."""

STEER = 0.3
"""Share of the steering that is used: enough for every bend, and exploration does not throw the car off the road."""

DISCOUNT = 0.985
"""An action: half of the value of what lies nine seconds ahead."""


@dataclass(frozen=True)
class Options:
    """Train PPO on frames for some minutes and show how its return grows."""

    minutes: float = 15.0
    """For how long to learn, by the clock; the trials between are not counted."""
    every: float = 1.0
    """Minutes from one trial to the next."""
    scenario: str = "open-road"
    """Where to drive."""
    worlds: int = 32
    """How many at once."""
    seed: int = 0
    """Of the first worlds, of the network and of its exploration."""
    out: Path = Path("ppo")
    """Folder for the curve and the policy."""


class HeldActions(VecEnvWrapper):
    """One decision for REPEAT control steps. A world that ends in between drives on as a new one; what it gains there
    within the decision counts for nobody."""

    def reset(self) -> VecEnvObs:
        """Begin everywhere."""
        return self.venv.reset()

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Take note of the actions, (n, 2)."""
        self._actions = actions * np.float32([STEER, 1.0])

    def step_wait(self) -> VecEnvStepReturn:
        """The last observation, summed rewards, and whether and how a world ended."""
        total, over, told = np.zeros(self.num_envs, np.float32), np.zeros(self.num_envs, bool), [{}] * self.num_envs
        for _ in range(REPEAT):
            observation, reward, done, infos = self.venv.step(self._actions)
            total += np.where(over, 0, reward)
            for row in np.flatnonzero(done & ~over):
                told[row] = infos[row]
            over |= done
        return observation, total, over, told


class Eye(BaseFeaturesExtractor):
    """Two small convolutions: five times as many steps a minute as the network that stable-baselines3 would take."""

    def __init__(self, space: spaces.Dict) -> None:
        super().__init__(space, features_dim=129)
        self.look = nn.Sequential(
            *(nn.Conv2d(3, 16, 5, stride=4), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(), nn.Flatten()),
            *(nn.LazyLinear(128), nn.ReLU()),
        )
        self.look(torch.zeros(1, *space["frame"].shape))  # a lazy layer is made when it first sees something

    def forward(self, observation: dict[str, Tensor]) -> Tensor:
        """Frames (n, 3, H, W) in [0, 1] and speeds (n, 1) in m/s to features (n, 129)."""
        return torch.cat([self.look(observation["frame"]), observation["speed"] / 10], 1)


def make(worlds: int, scenario: str, time_limit: float | None = None) -> VecMonitor:
    """Worlds to decide in every 0.2 s."""
    return VecMonitor(HeldActions(DriveVecEnv(worlds, scenario=scenario, frame_size=FRAME_SIZE, time_limit=time_limit)))


def unseen_returns(model: PPO, scenario: str) -> list[float]:
    """Returns of one episode each on worlds that training never saw, without exploration."""
    envs = make(VALIDATION_WORLDS, scenario, time_limit=60.0)
    envs.seed(VALIDATION.start)
    observation, returns = envs.reset(), np.full(VALIDATION_WORLDS, np.nan)
    while np.isnan(returns).any():
        action, _ = model.predict(observation, deterministic=True)
        observation, _, _, infos = envs.step(action)
        for row, info in enumerate(infos):
            if "episode" in info and np.isnan(returns[row]):
                returns[row] = info["episode"]["r"]
    return returns.tolist()


class Curve(BaseCallback):
    """A trial every so many minutes of learning; stops when the time is up."""

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options, self.rows = options, list[tuple[float, int, float, float]]()
        self._learned, self._resumed = 0.0, time.perf_counter()

    def _on_training_start(self) -> None:
        self.trial()

    def _on_step(self) -> bool:
        return self.minutes() < self.options.minutes

    def _on_rollout_start(self) -> None:
        if len(self.rows) * self.options.every <= self.minutes() < self.options.minutes:
            self.trial()

    def minutes(self) -> float:
        """Of learning, so far."""
        return self._learned + (time.perf_counter() - self._resumed) / 60

    def trial(self) -> None:
        """Drive, and take note of it."""
        if self.rows:
            self._learned = self.minutes()
        returns = unseen_returns(self.model, self.options.scenario)
        row = (self._learned, self.num_timesteps, float(np.mean(returns)), float(np.std(returns) / len(returns) ** 0.5))
        self.rows.append(row)
        print(f"{row[0]:5.1f} minutes, {row[1]:9,d} steps: return {row[2]:6.1f} +- {row[3]:.1f}", flush=True)
        self._resumed = time.perf_counter()


def plot(rows: list[tuple[float, int, float, float]], path: Path) -> None:
    """Mean return by minutes, with its standard error."""
    minutes, _, mean, error = np.array(rows).T
    figure, panel = plt.subplots(figsize=(7, 3.2), constrained_layout=True)
    panel.plot(minutes, mean, "o-", color="tab:red")
    panel.fill_between(minutes, mean - error, mean + error, color="tab:red", alpha=0.2)
    panel.set(xlabel="minutes of learning", ylabel="return on unseen roads", ylim=(0, None))
    panel.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)


def main() -> None:
    """The command line."""
    options = parse(Options)
    with mistakes_in_one_line():
        envs = VecNormalize(make(options.worlds, options.scenario), norm_obs=False, gamma=DISCOUNT)
        options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    envs.seed(options.seed)
    curve = Curve(options)
    model = PPO(
        "MultiInputPolicy", envs, n_steps=64, batch_size=256, n_epochs=6, gamma=DISCOUNT, seed=options.seed,
        learning_rate=lambda _: 5e-4 * max(0.05, 1 - curve.minutes() / options.minutes), device="cpu",
        policy_kwargs={"features_extractor_class": Eye, "net_arch": [64], "log_std_init": -1.0, "ortho_init": False},
    )  # fmt: skip
    model.learn(10**9, callback=curve)
    curve.trial()
    with (options.out / "curve.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("minutes", "steps", "mean_return", "standard_error"), *curve.rows])
    plot(curve.rows, options.out / "curve.png")
    model.save(options.out / "policy", exclude=["learning_rate", "lr_schedule"])  # they hang on this run's clock


if __name__ == "__main__":
    main()
