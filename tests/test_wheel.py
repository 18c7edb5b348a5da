"""The wheel carries assets and demo: built, installed elsewhere, and used from another folder."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but what is in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site"
    install = ["install", "--quiet", "--no-deps", "--no-compile", "--target", str(target), str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", *install], check=True, capture_output=True)
    return target


def python(code: str, installed: Path, folder: Path) -> str:
    """Run code in a fresh interpreter that finds the installed packages before any other."""
    start = f"import sys; sys.path.insert(0, {str(installed)!r}); "
    result = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, cwd=folder, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_the_flagship_loads_from_another_folder(installed: Path, tmp_path: Path) -> None:
    code = "import agent; print(agent.__file__); print(agent.load_policy('topk-patches').spec.kind)"
    where, kind = python(code, installed, tmp_path).splitlines()
    assert Path(where).is_relative_to(installed)
    assert kind == "selection"


def test_the_demo_records_from_another_folder(installed: Path, tmp_path: Path) -> None:
    arguments = ["--headless", "--seconds", "0.2", "--record", "x.mp4"]
    python(f"import run_demo; sys.exit(run_demo.main({arguments}))", installed, tmp_path)
    assert (tmp_path / "x.mp4").stat().st_size > 10_000


def test_the_wheel_holds_what_it_should_and_no_more(installed: Path) -> None:
    tops = {path.name for path in installed.iterdir() if not path.name.endswith(".dist-info")}
    assert tops - {"bin"} == {"sim", "agent", "run_demo.py"}
    assert (installed / "sim" / "_assets" / "themes" / "meadow.toml").is_file()
