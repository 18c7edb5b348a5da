"""Who may import whom (docs/architecture.md), checked on the source and in fresh interpreters."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted([*ROOT.glob("sim/**/*.py"), *ROOT.glob("agent/**/*.py"), ROOT / "run_demo.py"])

LAYERS = [
    [
        "sim",
        "sim.errors",
        "sim.files",
        "sim.columns",
        "sim.assets",
        "sim.interrupts",
        "sim.kernel_cache",
        "sim.jit",
        "sim.lookup",
        "sim.registration",
    ],
    ["sim.geometry", "sim.cells", "sim.policy", "sim.scene", "sim.seeds", "sim.command_line"],
    ["sim.kinds"],
    ["sim.centre_line", "sim.track", "sim.vehicle", "sim.theme"],
    ["sim.scenario", "sim.camera", "sim.expert"],
    ["sim.contact"],
    ["sim.world"],
    ["sim.instant"],
    ["sim.perturb", "sim.simulator", "sim.driver"],
    ["sim.rollout", "sim.metrics", "sim.recorded"],
    ["sim.env", "sim.gym_worlds"],
    ["sim.view", "sim.benchmark"],
    ["sim.gallery"],
    ["agent"],
    ["run_demo"],
]
"""Lowest first; a module imports from its own row or from rows above it in this list."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, top_level: bool = False) -> set[str]:
    """Absolute names that a file imports; `from a import b` counts as a and a.b."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level else list(ast.walk(tree))
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def layer(name: str) -> int:
    """The row of the longest listed name that `name` is or lies in."""
    rows = {listed: row for row, names in enumerate(LAYERS) for listed in names}
    while name not in rows:
        assert "." in name, f"{name} belongs to no layer: add it to LAYERS"
        name = name.rsplit(".", 1)[0]
    return rows[name]


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_imports_point_downwards(path: Path) -> None:
    mine = layer(module_name(path))
    for name in imports(path, top_level=True):
        if name.split(".")[0] in ("sim", "agent", "run_demo"):
            assert layer(name) <= mine, f"{module_name(path)} imports {name} from a layer above"


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_forbidden_imports(path: Path) -> None:
    name, names = module_name(path), imports(path)
    tops = {imported.split(".")[0] for imported in names}
    if name.startswith("sim"):
        assert not tops & {"torch", "agent", "run_demo"}
    if name.startswith("agent"):
        assert not any(imported.startswith("sim.view.window") for imported in names)
    if name != "sim.view.window":
        assert "pygame" not in tops
    assert not tops & {"pickle", "shelve", "dill", "joblib", "torchvision"}


TABLES_OF_ART = {"sim.camera.models", "sim.camera.sprites"}
"""Models and pictures in numbers: long, and nothing in them to be split."""

MOST_LINES = 450


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_no_file_is_long_but_for_tables_of_art(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES or module_name(path) in TABLES_OF_ART, (
        f"{lines} lines: split where another purpose begins"
    )


def modules_needed(path: Path, known: set[str]) -> set[str]:
    """Modules of ours that a file imports anywhere, inside of functions too; not those that only types need."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= full & known or {node.module or ""}
    return found & known - {module_name(path)}


def test_no_import_comes_back_to_where_it_began() -> None:
    names = {module_name(path) for path in SOURCES}
    graph = {module_name(path): modules_needed(path, names) for path in SOURCES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def modules_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(result.stdout.split())


def test_importing_agent_loads_nothing_heavy() -> None:
    assert not modules_after("import agent") & {"torch", "pygame", "numba", "cv2"}


def test_sim_registers_its_environment_and_loads_nothing_else() -> None:
    loaded = modules_after("import sim, gymnasium; gymnasium.spec('RedGaze/Drive-v0')")
    assert {name for name in loaded if name.startswith("sim")} == {"sim", "sim.interrupts", "sim.registration"}
    assert not loaded & {"torch", "pygame", "numba", "cv2"}


def test_the_expert_drives_without_torch() -> None:
    assert "torch" not in modules_after("import run_demo")
