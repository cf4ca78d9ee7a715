"""The cache of what was built: whole and unchanged, ours, bounded, and never in the way."""

import errno
import os
import time
from pathlib import Path

import pytest

from modelcheck.backends.native import cache as cache_module
from modelcheck.backends.native.cache import Cache, find_folder, hash_parts


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def built(tmp_path):
    file = tmp_path / "built"
    file.write_bytes(b"some program")
    return file


def test_what_was_stored_is_found_with_its_content_in_front(folder, built):
    cache = Cache(folder)
    assert cache.find("a") is None
    stored = cache.store("a", built)
    assert stored == folder / "a"
    assert Cache(folder).find("a") == stored
    assert stored.read_bytes().startswith(b"some program")
    assert os.access(stored, os.X_OK)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("length", [0, 5, 12, 40])
def test_an_entry_that_was_cut_off_is_none(folder, built, length):
    cache = Cache(folder)
    stored = cache.store("a", built)
    os.truncate(stored, length)
    assert cache.find("a") is None
    cache.store("a", built)
    assert cache.find("a") == stored


def test_an_entry_in_the_place_of_another_is_none(folder, built):
    cache = Cache(folder)
    cache.store("a", built)
    (folder / "a").rename(folder / "b")
    assert cache.find("b") is None


def test_an_entry_with_a_changed_byte_is_none(folder, built):
    cache = Cache(folder)
    stored = cache.store("a", built)
    stored.write_bytes(stored.read_bytes().replace(b"some", b"same"))
    assert cache.find("a") is None


@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o770])
def test_a_folder_that_others_can_write_is_not_used(folder, built, mode):
    cache = Cache(folder)
    cache.store("a", built)
    folder.chmod(mode)
    assert cache.find("a") is None
    assert cache.store("b", built) == built


def test_an_entry_that_others_can_write_is_not_used(folder, built):
    cache = Cache(folder)
    cache.store("a", built).chmod(0o777)
    assert cache.find("a") is None


def test_a_folder_of_another_user_is_not_used(folder, built, monkeypatch):
    cache = Cache(folder)
    cache.store("a", built)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cache.find("a") is None
    assert cache.store("b", built) == built


def test_a_link_in_the_place_of_an_entry_is_none(folder, built):
    cache = Cache(folder)
    stored = cache.store("a", built)
    stored.rename(folder / "elsewhere")
    stored.symlink_to(folder / "elsewhere")
    assert cache.find("a") is None


@pytest.mark.parametrize("where", ["/proc/modelcheck", "a file"])
def test_a_folder_that_cannot_be_made_is_in_nobodys_way(where, built, tmp_path):
    file = tmp_path / "file"
    file.touch()
    cache = Cache(file / "cache" if where == "a file" else Path(where))
    assert cache.find("a") is None
    assert cache.store("a", built) == built


def test_a_full_disk_is_in_nobodys_way_and_leaves_nothing(folder, built, monkeypatch):
    def refuse(self, target):
        raise OSError(errno.ENOSPC, "no space left")

    cache = Cache(folder)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        assert cache.store("a", built) == built
    assert list(folder.iterdir()) == []


def test_what_was_used_least_recently_goes_when_there_is_too_much(folder, built):
    size = len(b"some program") + len(cache_module._make_mark("a", b""))
    cache = Cache(folder, max_bytes=2 * size)
    for name, hours in (("old", 3), ("older", 4), ("new", 2), ("fresh", 0)):
        stored = cache.store(name, built)
        used = time.time() - 3600 * hours
        os.utime(stored, (used, used))
    os.utime(folder / "last-trim", (0, 0))
    assert cache.find("old") is not None  # and is used by that
    cache.store("fresh", built)
    left = {p.name for p in folder.iterdir()} - {"last-trim"}
    assert left == {"old", "fresh"}


def test_what_somebody_wrote_half_goes_after_a_while(folder, built):
    cache = Cache(folder)
    cache.store("a", built)
    for name, age in ((".part-1", 3600), (".part-2", 0)):
        (folder / name).touch()
        os.utime(folder / name, (time.time() - age,) * 2)
    cache.trim()
    assert {p.name for p in folder.iterdir()} == {"a", ".part-2", "last-trim"}


def test_keys_tell_texts_apart_that_look_the_same_joined():
    assert hash_parts("ab", "c") != hash_parts("a", "bc")
    assert hash_parts("a") == hash_parts(b"a")


def test_a_variable_names_another_folder(monkeypatch):
    monkeypatch.setenv("MODELCHECK_CACHE", "/somewhere")
    assert find_folder() == Path("/somewhere")
    monkeypatch.delenv("MODELCHECK_CACHE")
    assert "modelcheck" in str(find_folder())
