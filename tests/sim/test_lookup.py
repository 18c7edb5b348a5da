"""Names, files and modules lead to things; mistakes are one line."""

import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from agent import load_policy
from sim.lookup import named
from sim.scenario import SCENARIOS, Roadside, Scenario, name_of, scenario
from sim.simulator import Simulator
from sim.theme import load_theme, resolve

OWN = """
from sim.scenario import Roadside, Scenario
from sim.theme import load_theme

few = Scenario((Roadside(20),), "few trees")
meadow = load_theme("meadow")
made = []

def later():
    made.append(1)
    return Scenario((Roadside(30 + len(made)),))

def needy(count):
    return few

number = 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


def test_a_name_and_the_thing_itself_are_taken_as_they_are() -> None:
    assert scenario("town") is SCENARIOS["town"]
    mine = Scenario((Roadside(),))
    assert scenario(mine) is mine
    assert named("number", 3, {"one": 1}, int) == 3
    assert named("number", "one", {"one": 1}, int) == 1


def test_a_file_is_loaded_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = scenario(f"{file}:few")
    assert first.about == "few trees"
    assert scenario(f"{file}:few") is first
    monkeypatch.chdir(file.parent)
    assert scenario("own.py:few") is first
    assert resolve("own.py:meadow") == (load_theme("meadow"),)
    module = sys.modules[next(name for name in sys.modules if name.startswith("own_"))]
    assert scenario(f"{module.__name__}:few") is first


def test_two_files_of_one_name_are_two(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "own.py"
    other.parent.mkdir()
    other.write_text(OWN.replace("few trees", "others"))
    assert {scenario(f"{path}:few").about for path in (file, other)} == {"few trees", "others"}


def test_what_is_called_is_called_anew(file: Path) -> None:
    assert scenario(f"{file}:later").max_objects < scenario(f"{file}:later").max_objects


def test_a_module_is_imported() -> None:
    assert named("constant", "math:pi", {}, float) == pytest.approx(np.pi)


def test_a_simulator_and_an_environment_take_all_of_them(file: Path) -> None:
    few, theme = f"{file}:few", f"{file}:meadow"
    looks = []
    for way, look in ((few, theme), (scenario(few), load_theme(theme)), (few, "meadow")):
        simulator = Simulator(1, way, look, frame_size=(18, 32))
        simulator.reset(np.array([0]), [5])
        assert simulator.theme_names == ["meadow"]
        looks.append(simulator.looks[0])
    assert (looks[0] == looks[1]).all()
    assert (looks[0] == looks[2]).all()
    env = gymnasium.make("sim:RedGaze/Drive-v0", scenario=few, theme=theme, frame_size=(18, 32))
    env.reset(seed=5)
    assert name_of(env.unwrapped.simulator.world.scenario) == "few trees"


MISTAKES = {
    "gone.py:few": ("there is no file gone.py", "expected a name, FILE.py:object or module:object"),
    "no_such_module:few": ("there is no module 'no_such_module'", "expected a name, FILE.py:object"),
    "sim.no_such:few": ("there is no module 'sim.no_such'", "expected a name"),
    "own.py:fwe": ("scenario of own.py 'fwe'", "did you mean 'few'?"),
    "own.py:number": ("scenario 'own.py:number' is of type int", "expected a Scenario, or a callable"),
    "own.py:meadow": ("is of type Theme", "expected a Scenario"),
    "own.py:needy": ("cannot be called (missing a required argument: 'count')", "expected one without arguments"),
    "broken.py:few": ("broken.py cannot be loaded (SyntaxError", "expected one that can"),
    "needing.py:few": ("cannot be loaded (ModuleNotFoundError: No module named 'no_such_thing')", "needing.py"),
    "twon": ("unknown scenario 'twon'", "did you mean 'town'?"),
    7: ("scenario 7", "expected a name, FILE.py:object or module:object, or a Scenario"),
    None: ("scenario None", "or a Scenario"),
}


@pytest.mark.parametrize("value", MISTAKES)
def test_a_mistake_is_one_line(value: object, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    Path("broken.py").write_text("few = (\n")
    Path("needing.py").write_text("import no_such_thing\n")
    with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
        scenario(value)  # type: ignore[arg-type]
    for words in MISTAKES[value]:  # type: ignore[index]
        assert words in str(caught.value)


def test_a_file_that_failed_is_tried_again(file: Path) -> None:
    bad = file.with_name("later.py")
    bad.write_text("few = nothing\n")
    with pytest.raises(ValueError, match=r"cannot be loaded \(NameError: name 'nothing' is not defined\)"):
        scenario(f"{bad}:few")
    bad.write_text(OWN)
    assert scenario(f"{bad}:few").about == "few trees"


@pytest.mark.parametrize(
    ("value", "words"),
    [("medow", "'meadow'"), ("trian", "'train'"), ("own.py:few", "expected a Theme"), (3, "theme 3")],
)
def test_a_theme_that_is_none_is_told(value: object, words: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    with pytest.raises(ValueError, match=words):
        resolve(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("import sys; sys.exit('quit in file')", "x", "cannot be loaded .SystemExit: quit in file"),
        ("def x(): raise KeyError('inside')", "x", "failed .KeyError: 'inside'"),
        ("def made(): return 3", "mode", "did you mean 'made'"),
    ],
)
def test_what_goes_wrong_in_a_file_of_ones_own_is_one_line(tmp_path, text: str, name: str, said: str) -> None:
    file = tmp_path / "own.py"
    file.write_text(text)
    with pytest.raises(ValueError, match=said) as trouble:
        named("number", f"{file}:{name}", {}, int)
    assert "\n" not in str(trouble.value)


def test_a_file_without_an_object_is_told_how_to_name_one(file: Path) -> None:
    """It is read for that, not run."""
    file.write_text(OWN + "raise SystemExit\n")
    with pytest.raises(ValueError, match=r"name an object in it, as .*own\.py:few; it has few, meadow, made, later"):
        named("number", str(file), {}, int)
    file.write_text("broken = (\n")
    with pytest.raises(ValueError, match=r"own\.py': name an object in it, as .*own\.py:object$"):
        named("number", str(file), {}, int)


PATHS = {
    "own.py": "name an object in it, as own.py:few",
    "owm.py": "there is no file owm.py (did you mean own.py?)",
    "looks": "'looks' is a folder; expected",
    "looks/dawn": "there is no file or folder looks/dawn (did you mean looks/dawn.txt?)",
    "looks/dawn.txt": "'looks/dawn.txt' is a file; expected",
    "lokos/dawn.toml": "there is no folder lokos (did you mean looks?)",
    "gone.toml": "there is no file gone.toml; expected",
    "looks/own:few": "looks/own is no module's name",
    "~/own2.py": "own2.py (did you mean",
    "~/own2.py:few": "own2.py (did you mean",
}


@pytest.mark.parametrize("kind", [scenario, resolve, load_policy])
@pytest.mark.parametrize("value", PATHS)
def test_a_path_is_answered_as_a_path(value: str, kind, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    monkeypatch.setenv("HOME", str(file.parent))
    Path("looks").mkdir()
    Path("looks/dawn.txt").touch()
    said = "looks is not a checkpoint" if (value, kind) == ("looks", load_policy) else PATHS[value]
    with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
        kind(value)
    assert said in str(caught.value)


def test_a_file_finds_its_neighbours_as_if_it_were_run(tmp_path: Path) -> None:
    """While it is loaded first of all, later last of all."""
    (tmp_path / "beside_it.py").write_text("trees = 40\n")
    (tmp_path / "lazily_beside_it.py").write_text("trees = 50\n")
    (tmp_path / "composed_here.py").write_text(
        "import sys\nfrom beside_it import trees\nfrom sim.scenario import Roadside, Scenario\nfirst = sys.path[:1]\n"
        "def more():\n    from lazily_beside_it import trees\n    return Scenario((Roadside(trees),))\n"
    )
    before = list(sys.path)
    try:
        assert scenario(f"{tmp_path}/composed_here.py:more").max_objects >= 50
        assert named("text", f"{tmp_path}/composed_here.py:first", {}, list) == [str(tmp_path)]
        assert sys.path == [*before, str(tmp_path)]
    finally:
        sys.path[:] = before
