"""Compiled kernels between starts: damage heals, and a place that cannot be written stops nothing."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from sim import kernel_cache
from sim.kernel_cache import KernelCache, Store, contents, private_folder, user_caches

NAME = "kernel.nbc"


def twice(value):
    return 2 * value


def compiled(store: Store):
    """A fresh dispatcher of `twice` with this store, called once."""
    made = numba.njit(twice)
    made._cache = KernelCache(twice, store)
    assert made(21) == 42
    return made


def hits(dispatcher) -> int:
    return sum(dispatcher.stats.cache_hits.values())


def missing() -> Path:
    raise OSError(28, "No space left on device", "/full")


def damaged(kept: bytes, how: str) -> bytes:
    flipped = bytearray(kept)
    flipped[len(kept) // 2] ^= 64
    return {"empty": b"", "cut": kept[: len(kept) // 2], "flipped": bytes(flipped), "foreign": b"no kernel" * 9}[how]


def test_what_one_start_compiled_the_next_one_loads(tmp_path: Path) -> None:
    assert hits(compiled(Store(lambda: tmp_path))) == 0
    assert hits(compiled(Store(lambda: tmp_path))) == 1


@pytest.mark.parametrize("how", ["empty", "cut", "flipped", "foreign"])
def test_a_damaged_file_is_compiled_anew_and_kept_whole(tmp_path: Path, how: str) -> None:
    compiled(Store(lambda: tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_bytes(damaged(file.read_bytes(), how))
    assert hits(compiled(Store(lambda: tmp_path))) == 0
    assert hits(compiled(Store(lambda: tmp_path))) == 1


def test_a_whole_file_that_numba_cannot_load_heals_too(tmp_path: Path) -> None:
    compiled(Store(lambda: tmp_path))
    (file,) = tmp_path.iterdir()
    Store(lambda: tmp_path).write(file.name, b"of another numba")
    assert hits(compiled(Store(lambda: tmp_path))) == 0
    assert hits(compiled(Store(lambda: tmp_path))) == 1


def test_a_folder_in_the_place_of_a_file_stops_nothing(tmp_path: Path, capsys) -> None:
    compiled(Store(lambda: tmp_path))
    (file,) = tmp_path.iterdir()
    file.unlink()
    file.mkdir()
    assert hits(compiled(Store(lambda: tmp_path))) == 0


def test_a_full_home_is_told_once_and_the_private_folder_is_used(tmp_path: Path, capsys) -> None:
    store = Store(missing, lambda: tmp_path)
    for name in ("a", "b"):
        store.write(name, b"data")
        assert store.read(name) == b"data"
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "/full: No space left on device" in told
    assert f"kept in {tmp_path}" in told


def test_where_nothing_can_be_kept_it_runs_and_says_so_once(capsys) -> None:
    store = Store(missing, missing)
    assert hits(compiled(store)) == 0
    store.write("more", b"data")
    assert store.read("more") is None
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "every start compiles anew" in told


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch, capsys) -> None:
    def full(self: Path, data: bytes) -> None:
        self.touch()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    Store(lambda: tmp_path).write(NAME, b"data")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="users as POSIX has them")
class TestPrivateFolder:
    @pytest.fixture(autouse=True)
    def temporary(self, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr(kernel_cache.tempfile, "gettempdir", lambda: str(tmp_path))

    def test_it_is_one_a_user_and_nobody_elses(self, tmp_path: Path) -> None:
        first = private_folder()
        assert private_folder() == first
        assert [first] == list(tmp_path.iterdir())
        assert stat.S_IMODE(first.stat().st_mode) == 0o700

    def test_a_folder_that_others_may_write_is_not_trusted(self, tmp_path: Path) -> None:
        private_folder().chmod(0o777)
        with pytest.raises(PermissionError):
            private_folder()

    def test_nor_is_a_link_or_a_folder_of_somebody_else(self, tmp_path: Path, monkeypatch) -> None:
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        (tmp_path / f"redgaze-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(PermissionError):
            private_folder()
        (tmp_path / f"redgaze-{os.getuid() + 1}").mkdir(mode=0o700)
        other = os.getuid() + 1
        monkeypatch.setattr(os, "getuid", lambda: other)
        with pytest.raises(PermissionError):
            private_folder()


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x"),
        ("linux", {"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache"),
        ("linux", {"HOME": "/h"}, "/h/.cache"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches"),
        ("win32", {"LOCALAPPDATA": "/l", "HOME": "/h"}, "/l"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths as POSIX has them")
def test_each_systems_own_place_for_caches(monkeypatch, platform: str, environment: dict, expected: str) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(kernel_cache.sys, "platform", platform)
    assert user_caches() == Path(expected)


def test_without_a_home_there_is_no_failure(monkeypatch, capsys) -> None:
    """A container's user: no HOME, and no entry in the table of users."""
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert user_caches() is None


def test_the_folder_is_named_after_every_kernel_module(tmp_path: Path) -> None:
    package = tmp_path / "sim"
    (package / "deep").mkdir(parents=True)
    sources = {
        "callee.py": "from sim.deep.sizes import (\n    SIZE,\n)\n@lean_kernel()\ndef callee(): ...\n",
        "deep/sizes.py": "from sim.deep import UNIT\nSIZE = 2 * UNIT\n",
        "deep/__init__.py": "UNIT = 3\n",
    }
    others = {"other.py": "from sim.callee import callee  # a kernel that it calls\n"}
    for name, text in {**sources, **others}.items():
        (package / name).write_text(text)
    before = contents(package)
    for name, text in {**sources, **others}.items():
        (package / name).write_text(text + "# edited\n")
        assert (contents(package) == before) is (name in others), name
        (package / name).write_text(text)
    assert contents(package) == before


SMALL = "import numpy as np; from sim.geometry import wrap_angle; print(round(float(wrap_angle(7.0)), 4))"


@pytest.mark.parametrize(
    "environment", [{"NUMBA_DISABLE_JIT": "1"}, {}], ids=["no compiler asked for", "cache is a file"]
)
def test_a_program_runs_in_odd_surroundings(tmp_path: Path, environment: dict[str, str]) -> None:
    blocked = tmp_path / "blocked"
    if not environment:
        blocked.write_text("a file where the caches should be")
        environment = {"XDG_CACHE_HOME": str(blocked), "TMPDIR": str(tmp_path), "TEMP": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "-c", SMALL], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (0, "0.7168\n"), ended.stderr
    assert ended.stderr.count("\n") == (1 if blocked.exists() else 0)
    assert "Traceback" not in ended.stderr
