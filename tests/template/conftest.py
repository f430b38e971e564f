"""What the tests of the template share: stacks for sets of parameters, and a small lake the program made."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lake import Lake
from stack import PARAMETER_SETS, ROOT, Stack


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--program", default=str(ROOT / "target/debug/drivendata"), help="the drivendata program")
    parser.addoption("--function", default=str(ROOT / "target/debug/drivendata-transform"), help="the function")


@pytest.fixture(params=PARAMETER_SETS, ids=lambda name: name.replace(" ", "-"))
def stack(request: pytest.FixtureRequest) -> Stack:
    """A stack for each set of parameters."""
    return Stack(PARAMETER_SETS[request.param])


@pytest.fixture
def new_bucket() -> Stack:
    return Stack({"AlarmEmail": "data@example.com"})


@pytest.fixture
def existing_bucket() -> Stack:
    return Stack({"BucketMode": "existing"})


@pytest.fixture(scope="session")
def lake(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    program = Path(request.config.getoption("--program")).resolve()
    yield Lake.make(tmp_path_factory.mktemp("lake"), program)
