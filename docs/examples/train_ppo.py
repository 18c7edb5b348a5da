"""stable-baselines3's PPO learns to drive from frames, from nothing: `python docs/examples/train_ppo.py --minutes 1`.

Needs `pip install 'redgaze[train]'`. Writes curve.csv, curve.png and the policy into the folder `--out`.
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
import tyro
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecMonitor

from agent.sb3 import DriveVecEnv

FRAME_SIZE = (48, 64)
VALIDATION_SEED, VALIDATION_WORLDS = 10_000, 16


@dataclass(frozen=True)
class Options:
    """Train PPO on frames for some minutes and show how its return grows."""

    minutes: float = 15.0
    """For how long to learn, by the clock; the trials between are not counted."""
    every: float = 1.0
    """Minutes from one trial to the next."""
    scenario: str = "open-road"
    """Where to drive."""
    worlds: int = 16
    """How many at once."""
    seed: int = 0
    """Of the first worlds, of the network and of its exploration."""
    out: Path = Path("ppo")
    """Folder for the curve and the policy."""


def trial(model: PPO, scenario: str) -> list[float]:
    """Returns of one episode each on worlds that training never saw, without exploration."""
    envs = VecMonitor(DriveVecEnv(VALIDATION_WORLDS, scenario=scenario, frame_size=FRAME_SIZE, time_limit=60.0))
    envs.seed(VALIDATION_SEED)
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
        self._learned, self._resumed = 0.0, 0.0

    def _on_training_start(self) -> None:
        self._try()

    def _on_step(self) -> bool:
        return self._minutes() < self.options.minutes

    def _on_rollout_start(self) -> None:
        if self._minutes() >= len(self.rows) * self.options.every:
            self._try()

    def _minutes(self) -> float:
        return self._learned + (time.perf_counter() - self._resumed) / 60

    def _try(self) -> None:
        if self.rows:
            self._learned = self._minutes()
        returns = trial(self.model, self.options.scenario)
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
    options = tyro.cli(Options)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    envs = VecMonitor(DriveVecEnv(options.worlds, scenario=options.scenario, frame_size=FRAME_SIZE))
    envs.seed(options.seed)
    model = PPO(
        "MultiInputPolicy", envs, n_steps=128, batch_size=256, n_epochs=4, learning_rate=3e-4, gamma=0.98,
        policy_kwargs={"log_std_init": -1.0}, seed=options.seed, device="cpu",
    )  # fmt: skip
    curve = Curve(options)
    model.learn(10**9, callback=curve)
    curve._try()
    with (options.out / "curve.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("minutes", "steps", "mean_return", "standard_error"), *curve.rows])
    plot(curve.rows, options.out / "curve.png")
    model.save(options.out / "policy")


if __name__ == "__main__":
    main()
