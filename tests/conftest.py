"""Options of the whole test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--renew-golden` and `--renew-map`: write golden images, or docs/map.md, anew instead of comparing with them."""
    parser.addoption(
        "--renew-golden", action="store_true", help="write tests/golden anew; look at the pictures, then commit"
    )
    parser.addoption("--renew-map", action="store_true", help="write docs/map.md anew from the modules' first lines")
