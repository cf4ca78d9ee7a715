"""Which files a name, a path and a folder mean."""

from __future__ import annotations

import pytest

from modelcheck.specfiles import SelectionError, find_spec, find_specs, shipped_folder

SPEC = '"""A spec."""\n\nspec("{}")\n'


@pytest.fixture
def project(tmp_path):
    """A project with two specs, a library file and one spec that shares a shipped name."""
    for folder, name in (("a", "one"), ("b", "two"), ("b", "increments")):
        path = tmp_path / "specs" / folder / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC.format(name), encoding="utf-8")
    (tmp_path / "specs/a/library.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


def test_a_name_is_found_below_specs(project):
    assert find_spec("one", project).shown == "specs/a/one.py"


def test_the_own_spec_goes_before_the_shipped_one(project):
    assert find_spec("increments", project).path == project / "specs/b/increments.py"


def test_shipped_specs_are_found_from_anywhere(tmp_path):
    assert find_spec("increments", tmp_path).path.is_relative_to(shipped_folder())


def test_a_name_of_a_file_outside_specs_is_told_the_path(tmp_path):
    (tmp_path / "mine.py").write_text(SPEC.format("mine"), "utf-8")
    with pytest.raises(SelectionError, match=r"for the file here write `mine\.py`"):
        find_spec("mine", tmp_path)


def test_pyproject_names_the_folders(tmp_path):
    inner = tmp_path / "deep/down"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.modelcheck]\nspecs = ["models"]\n', "utf-8")
    (tmp_path / "models").mkdir()
    (tmp_path / "models/m.py").write_text(SPEC.format("mine"), "utf-8")
    assert find_spec("mine", inner).path == tmp_path / "models/m.py"


@pytest.mark.parametrize("text", ["[tool.modelcheck]\nspecs = 3\n", "[tool", 'x = "\xff"\n'])
def test_a_broken_pyproject_is_named(tmp_path, text):
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(SelectionError, match=r"^pyproject\.toml: "):
        find_spec("one", tmp_path)


def test_an_unknown_name_gets_the_nearest_one(project):
    with pytest.raises(SelectionError, match="there is no spec `incremnts`; did you mean `increm"):
        find_spec("incremnts", project)


def test_a_name_of_two_files_names_both(project):
    (project / "specs/b/again.py").write_text(SPEC.format("one"), encoding="utf-8")
    with pytest.raises(SelectionError, match=r"specs/a/one\.py, specs/b/again\.py"):
        find_spec("one", project)


def test_a_folder_is_no_spec(project):
    with pytest.raises(SelectionError, match="specs/a is a folder"):
        find_spec("specs/a", project)
    with pytest.raises(SelectionError, match="is a folder"):
        find_spec(".", project)


def test_a_missing_path_is_left_to_the_front_end(project):
    assert find_spec("specs/none.py", project).shown == "specs/none.py"


def test_folders_hold_specs_in_order_of_their_paths(project):
    found = find_specs(["specs", "specs/b", "one"], project)
    assert [f.name for f in found] == ["one", "increments", "two"]


def test_without_arguments_all_specs_are_meant_each_name_once(project):
    names = [f.name for f in find_specs([], project)]
    assert names[:3] == ["one", "increments", "two"]
    assert "peterson" in names
    assert len(names) == len(set(names))


def test_an_empty_folder_selects_nothing(tmp_path):
    assert find_specs(["."], tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "from modelcheck.lang import spec\nspec('x')\n",
        "from modelcheck.lang import spec\nspec ('x')\n",
        "from modelcheck.lang import spec as name\nname('x')\n",
        "from modelcheck.lang import (\n    U8 as A, spec as B\n)\nB(\n    'x'\n)\n",
        "from .common import spec\nif True:\n    spec('x')\n",
        "from modelcheck.lang import *\n(spec)('x')\n",
        "import modelcheck.lang\nmodelcheck.lang.spec('x')\n",
        "import modelcheck.lang as m\nm.spec('x')\n",
        "from modelcheck import lang\nlang.spec('x')\n",
        "from modelcheck.lang import spec as s\ns(NAME)\n",
        "from modelcheck.lang import spec as s\ns('x'\n",
    ],
)
def test_a_spec_is_found_however_it_is_written(tmp_path, text):
    (tmp_path / "x.py").write_text(text)
    assert [f.name for f in find_specs(["."], tmp_path)] == ["x"]


def test_a_file_that_cannot_be_read_is_not_left_out(tmp_path):
    (tmp_path / "x.py").symlink_to(tmp_path / "nowhere.py")
    assert [f.name for f in find_specs(["."], tmp_path)] == ["x"]


@pytest.mark.parametrize(
    "text",
    [
        "from modelcheck.lang import U8, shared  # of a spec\nx = shared(U8)\n",
        "from modelcheck.lang import U8, spec\n",
        "import other\nother.spec('x')\n",
        "from other import spec\nif True:\n    spec('x')\n",
        "import modelcheck\nwrong = other.spec('\\d')\n",
        "this is no Python\n",
    ],
)
def test_a_file_that_declares_none_is_no_spec(tmp_path, text):
    (tmp_path / "x.py").write_text(text)
    assert find_specs(["."], tmp_path) == []
