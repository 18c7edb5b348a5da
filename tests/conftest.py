"""Options of the whole test suite."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--renew-golden`: write the golden images anew instead of comparing with them."""
    parser.addoption(
        "--renew-golden", action="store_true", help="write tests/golden anew; look at the pictures, then commit"
    )
