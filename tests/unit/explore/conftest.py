"""What tests build goes into a folder of the test run."""

import pytest


@pytest.fixture(autouse=True, scope="session")
def cache_of_this_run(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp().parent / "modelcheck-cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELCHECK_CACHE", str(folder))
        yield
