"""Files are written whole or not at all."""

from __future__ import annotations

import os

import pytest

from modelcheck.report.files import OutputError, write_whole


def test_text_replaces_text_and_folders_are_made(tmp_path):
    file = tmp_path / "a/b/c.txt"
    write_whole(file, "old\n")
    write_whole(file, "new\n")
    assert file.read_text(encoding="utf-8") == "new\n"
    assert list(file.parent.iterdir()) == [file]


def test_a_failed_write_leaves_the_old_text_and_no_rest(tmp_path, monkeypatch):
    file = tmp_path / "c.txt"
    write_whole(file, "old\n")

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError, match=r"cannot write .*c\.txt: No space left on device"):
        write_whole(file, "new\n")
    assert file.read_text(encoding="utf-8") == "old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_in_the_way_is_said(tmp_path):
    with pytest.raises(OutputError, match="cannot write"):
        write_whole(tmp_path, "text")
