"""The configured linters, so that the one test command runs them too; and what no linter counts."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent

CHECKS = {"ruff check": ["ruff", "check", "."], "ruff format": ["ruff", "format", "--check", "."], "mypy": ["mypy"]}


@pytest.mark.parametrize("name", CHECKS)
def test_linter(name: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", *CHECKS[name]], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


SOURCES = sorted([*ROOT.glob("sim/**/*.py"), *ROOT.glob("agent/**/*.py"), ROOT / "run_demo.py"])
KERNELS = {"kernel", "inner_kernel", "lean_kernel", "lean_inner_kernel"}

MANY = 6
"""Arguments from which on nobody knows a kernel's by heart."""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def body_lines(function: ast.FunctionDef) -> int:
    """Lines of a function's body without its docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    lengths = [body_lines(function) for path in SOURCES for function in functions(parsed(path))]
    assert median(lengths) <= 7
    assert sum(length < 18 for length in lengths) >= 0.9 * len(lengths)


def is_kernel(function: ast.FunctionDef) -> bool:
    called = [each.func if isinstance(each, ast.Call) else each for each in function.decorator_list]
    return any(isinstance(each, ast.Name) and each.id in KERNELS for each in called)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_kernels_with_many_arguments_name_them_all(path: Path) -> None:
    for kernel in filter(is_kernel, functions(parsed(path))):
        names, told = [each.arg for each in kernel.args.args], set(re.findall(r"\w+", ast.get_docstring(kernel) or ""))
        missing = [name for name in names if name not in told]
        assert len(names) < MANY or not missing, f"{path.name}, {kernel.name}: what are {', '.join(missing)}?"


def shared_docstrings(tree: ast.Module) -> Iterator[tuple[str, ...]]:
    """Names of three or more constants that are unpacked from their values and explained by one docstring."""
    for statement, following in zip(tree.body, tree.body[1:], strict=False):
        explained = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
        if explained and isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
            target = statement.targets[0]
            if isinstance(target, ast.Tuple) and len(target.elts) >= 3:
                yield tuple(ast.unparse(name) for name in target.elts)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_docstring_explains_constants_by_their_position(path: Path) -> None:
    assert not list(shared_docstrings(parsed(path))), "a line each, or a NamedTuple"
