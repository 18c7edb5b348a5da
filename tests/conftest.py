"""Options and fixtures of the whole test suite."""

import pytest

from sim.view.hud.text import fitted


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--renew-golden` and `--renew-map`: write golden images, or docs/map.md, anew instead of comparing with them."""
    parser.addoption(
        "--renew-golden", action="store_true", help="write tests/golden anew; look at the pictures, then commit"
    )
    parser.addoption("--renew-map", action="store_true", help="write docs/map.md anew from the modules' first lines")


@pytest.fixture
def spoken(monkeypatch) -> list[tuple[str, str]]:
    """Every text that is written from now on, and as much of it as its room let show."""
    said: list[tuple[str, str]] = []

    def listen(words: str, size: int, room: int) -> str:
        said.append((words, fitted(words, size, room)))
        return said[-1][1]

    monkeypatch.setattr("sim.view.hud.text.fitted", listen)
    return said
