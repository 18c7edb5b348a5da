"""Runs code cells as a notebook does, in a fresh interpreter but without a notebook's packages.

Nothing that the project needs brings nbclient, ipykernel or nbformat along, and having them takes dozens of packages; a
page of Python needs none. Sources come as a JSON list on stdin; each cell's outputs, in the notebook format, leave as
another on stdout.
"""

import ast
import base64
import io
import json
import sys
from contextlib import redirect_stdout
from typing import Any

import matplotlib.pyplot as plt


def run(source: str, count: int, namespace: dict[str, Any]) -> list[dict[str, Any]]:
    """Run one cell, the `count`th; what it printed, drew, and came to."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        value = last_value(source, namespace)
    outputs = [{"name": "stdout", "output_type": "stream", "text": lines(printed.getvalue())}]
    outputs += [{"data": {"image/png": png}, "metadata": {}, "output_type": "display_data"} for png in drawn()]
    outputs += [
        {"data": data, "execution_count": count, "metadata": {}, "output_type": "execute_result"}
        for data in told(value)
    ]
    return outputs if printed.getvalue() else outputs[1:]


def last_value(source: str, namespace: dict[str, Any]) -> Any:
    """Run the cell; what its last line comes to, where that is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), namespace)
    return eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace) if last else None


def drawn() -> list[str]:
    """The figures that are open, as base64 PNGs; they are closed."""
    found = []
    for number in plt.get_fignums():
        data = io.BytesIO()
        plt.figure(number).savefig(data, dpi=100, metadata={"Software": None})
        found.append(base64.b64encode(data.getvalue()).decode("ascii"))
    plt.close("all")
    return found


def told(value: Any) -> list[dict[str, Any]]:
    """How a notebook shows a value; nothing for None."""
    if value is None:
        return []
    html = {"text/html": lines(value._repr_html_())} if hasattr(value, "_repr_html_") else {}
    return [{**html, "text/plain": lines(repr(value))}]


def lines(text: str) -> list[str]:
    """A text as the notebook format keeps it."""
    return text.splitlines(keepends=True)


if __name__ == "__main__":
    cells: dict[str, Any] = {"__name__": "__main__"}
    json.dump([run(source, count, cells) for count, source in enumerate(json.load(sys.stdin), 1)], sys.stdout)
