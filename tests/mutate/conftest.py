"""What the tests of `mutate` share: specs that were read, and one mutation that was judged once."""

from __future__ import annotations

import pytest

from modelcheck import api
from modelcheck.explore.options import Options
from modelcheck.frontend import load
from modelcheck.mutate.mutation import Request, mutate
from tests.mutate.texts import COUNTER, EVERY


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mutate")


@pytest.fixture(scope="session")
def every(folder):
    path = folder / "every.py"
    path.write_text(EVERY, encoding="utf-8")
    return load(path, "every.py")


@pytest.fixture(scope="session")
def counter_file(folder):
    path = folder / "counter.py"
    path.write_text(COUNTER, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def counter(counter_file):
    """The mutants of the counter, each explored whole."""
    return mutate(Request(str(counter_file), api.Choice(), every=True), Options())
