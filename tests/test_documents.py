"""README and docs, done to the letter: every command and every block of Python, in the order in which they stand.

A page is followed in a folder of its own that looks like a clone. What takes long is shortened by the tables below and
nowhere else; files that a page takes for granted are made.
"""

import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import cv2
import numpy as np
import pytest

from agent.families import FAMILIES
from sim.kinds import KINDS, ROLES
from sim.scenario import SCENARIOS
from tests.reader import LANGUAGES, Block, Reader, Shorter, blocks, commands

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *(page for page in sorted(ROOT.glob("docs/*.md")) if page.name != "map.md")]

TRAINING = ("--tracks", "3", "--rounds", "1", "--steps-per-round", "1", "--drive-steps", "16", "--batch", "48")
EPISODES = ("--episodes", "2", "--frames", "20")

SHORTER = [
    Shorter("python run_demo.py", ("--seconds", "0.1")),
    Shorter("python -m agent.train", TRAINING),
    Shorter("python -m agent.evaluate", EPISODES),
    Shorter("python -m agent.evaluate.evidence", ("--episodes", "1", "--parts", "open-road")),
]
"""Words that commands get besides."""

SHORTER_PYTHON = {
    "seconds=8": "seconds=0.1",
    "num_envs=256": "num_envs=2",
    "learn(100_000)": "learn(16)",
    "episodes=10, frames=400": "episodes=2, frames=20",
    "Options(20,": "Options(1,",
    "processes=2": "processes=1",
    "at=27.5": "at=0.5",
    'watch(load_policy("topk-patches"))': 'watch(load_policy("topk-patches"), seconds=0.1)',
    "DriveVecEnv(16,": "DriveVecEnv(1,",
    "n_steps=128, batch_size=256": "n_steps=16, batch_size=16",
}
"""What is replaced in blocks of Python."""

TIME_ALLOWANCE = 0.02
"""Every drive ends after two seconds or so: a whole lap takes a minute and more."""

ONLY_PARSED = {
    "python run_demo.py --video 0": "needs a camera",
    "python docs/examples/train_ppo.py": "learns for minutes; tests/agent/test_sb3.py runs it shortened",
    "python -m sim.benchmark": "measures for minutes; tests/sim/test_benchmark.py runs it shortened",
    "python -m sim.benchmark.window": "needs Xvfb",
    "python -m sim.benchmark.cold_start": "needs Xvfb",
    "python docs/media/screenshots.py": "needs Xvfb",
}
"""Commands of which only the options are read, and why."""

LONG = ("--suite faithfulness", "agent.evaluate.evidence")
"""Commands that take more than ten seconds though they are shortened: the ordinary suite only reads their options."""

NOT_PYTHON = {
    "python3 -m venv .venv": "the test runs in an environment",
    ". .venv/bin/activate": "as above",
    "pip install": "installs; the extras are looked up below",
    "python -m pytest": "these are the tests",
}
"""Commands that are looked at and not run, and why."""


def clip(path: Path) -> None:
    """Half a second of footage: a grey road under a bright sky."""
    picture = np.full((180, 320, 3), 200, np.uint8)
    picture[90:] = 90
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", 20)
        stream.width, stream.height = 320, 180
        for _ in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())


def images(path: Path) -> None:
    """A folder of pictures."""
    path.mkdir()
    for number in range(3):
        (path / f"{number}.png").write_bytes(cv2.imencode(".png", np.full((90, 160, 3), 90, np.uint8))[1].tobytes())


def checkpoint(path: Path) -> None:
    """A trained network, as a training leaves it."""
    shutil.copytree(ROOT / "assets" / "checkpoints" / "topk-patches", path)


REGISTRIES = (SCENARIOS, FAMILIES, KINDS._rows, ROLES._rows)
"""What pages may add to; put back for the other tests."""

MAKE = {"tub/images": images, "drive.mp4": clip, "dashcam.mp4": clip, "runs/first": checkpoint}
"""Files that pages take for granted."""


FRESH = [dict(registry) for registry in REGISTRIES]


def put(rows: Sequence[dict[str, Any]]) -> None:
    """Let the registries hold these and nothing else."""
    for registry, some in zip(REGISTRIES, rows, strict=True):
        registry.clear()
        registry.update(some)


def of_docs() -> dict[str, ModuleType]:
    """The modules that were loaded from docs."""
    files = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
    return {name: sys.modules[name] for name, file in files.items() if "/docs/" in file}


def unload(modules: Iterable[str]) -> None:
    """Whoever imports one of these loads it again."""
    for name in modules:
        del sys.modules[name]


@contextmanager
def a_process_of_its_own() -> Iterator[None]:
    """Nothing is registered but what is shipped; what is registered or loaded from docs meanwhile is forgotten."""
    before, loaded = [dict(registry) for registry in REGISTRIES], of_docs()
    put(FRESH)
    unload(loaded)
    yield
    put(before)
    unload(of_docs())
    sys.modules.update(loaded)


@pytest.fixture
def registries() -> Iterator[None]:
    """Whatever a page registers is forgotten."""
    with a_process_of_its_own():
        yield


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a clone; what is written in it stays in it."""
    for name in ("agent", "assets", "docs", "sim", "run_demo.py", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_reader_who_does_what_it_says_meets_no_failure(page: Path, clone: Path, registries, monkeypatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")  # a window that nobody sees
    monkeypatch.setattr("sim.world.TIME_ALLOWANCE", TIME_ALLOWANCE)
    reader = Reader(SHORTER, MAKE)
    for block in blocks(page):
        try:
            follow(block, reader, monkeypatch)
        except (Exception, SystemExit) as error:
            raise AssertionError(f"{page.name}, line {block.line}: {error!r}\n{block.text}") from error


def follow(block: Block, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """One block: run it, if it is one to be run."""
    assert block.language in LANGUAGES, f"a block of {block.language or 'no language'}"
    if block.language == "python":
        text = block.text
        for given, shorter in SHORTER_PYTHON.items():
            text = text.replace(given, shorter)
        reader.understand(text)
    if block.language == "bash":
        for words in commands(block.text):
            do(words, reader, monkeypatch)


def is_long(line: str) -> bool:
    return any(part in line for part in LONG)


def do(words: list[str], reader: Reader, monkeypatch: pytest.MonkeyPatch, *, slow: bool = False) -> None:
    """One command; `slow`: a long one too."""
    line = shlex.join(words)
    if any(line.startswith(start) for start in NOT_PYTHON):
        return
    assert words[0] == "python", f"{line}: neither run nor among NOT_PYTHON"
    with a_process_of_its_own():
        obey(words, reader, monkeypatch, slow=slow)


def obey(words: list[str], reader: Reader, monkeypatch: pytest.MonkeyPatch, *, slow: bool) -> None:
    """A command of Python's."""
    line = shlex.join(words)
    only_parsed = any(words[: len(start.split())] == start.split() for start in ONLY_PARSED)
    if only_parsed or (is_long(line) and not slow):
        reader.parse(words, monkeypatch)
    else:
        reader.run(words)


def long_commands() -> Iterator[tuple[str, list[str]]]:
    """Page by page, the commands that the ordinary suite does not run."""
    for page in PAGES:
        for block in blocks(page):
            if block.language == "bash":
                yield from ((page.name, words) for words in commands(block.text) if is_long(shlex.join(words)))


@pytest.mark.slow
@pytest.mark.parametrize(("page", "words"), list(long_commands()))
def test_what_takes_long_works_too(page: str, words: list[str], clone: Path, registries, monkeypatch) -> None:
    monkeypatch.setattr("sim.world.TIME_ALLOWANCE", TIME_ALLOWANCE)
    do(words, Reader(SHORTER, MAKE), monkeypatch, slow=True)


def everything() -> str:
    return "\n".join(block.text for page in PAGES for block in blocks(page))


def test_the_tables_name_nothing_that_no_page_says() -> None:
    said = everything()
    for start in [*(shorter.program for shorter in SHORTER), *SHORTER_PYTHON, *ONLY_PARSED, *LONG, *NOT_PYTHON, *MAKE]:
        assert start in said, start


def test_extras_that_are_to_be_installed_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"pip install .*\[([\w,]+)\]", everything())
    assert named
    for name in ",".join(named).split(","):
        if name != "box2d":
            assert name in extras
