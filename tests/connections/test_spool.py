import os
import time
from pathlib import Path

import pytest

from hubspot.connections.records import Account, Commit
from hubspot.connections.spool import Spool

ANNA, BEN = Account(1001, 11), Account(1001, 12)


def commit(account=ANNA, mark="b"):
    return Commit(account, "a", mark, b"sealed \x00\xff")


def test_a_commit_is_read_back_until_it_is_dropped(tmp_path):
    spool = Spool(tmp_path / "spool")
    spool.keep(commit())
    spool.keep(commit(BEN))
    kept = list(spool.kept())

    spool.drop(ANNA)
    spool.drop(ANNA)

    assert kept == [commit(), commit(BEN)]
    assert list(spool.kept()) == [commit(BEN)]


def test_the_newest_commit_of_an_account_replaces_the_older(tmp_path):
    spool = Spool(tmp_path)
    spool.keep(commit(mark="b"))
    spool.keep(commit(mark="c"))

    assert list(spool.kept()) == [commit(mark="c")]


def test_what_has_arrived_is_dropped_by_its_mark_and_nothing_newer_with_it(tmp_path):
    spool = Spool(tmp_path)
    spool.keep(commit(mark="c"))

    spool.drop(ANNA, "b")
    kept = list(spool.kept())
    spool.drop(ANNA, "c")

    assert kept == [commit(mark="c")]
    assert list(spool.kept()) == []


def test_its_files_are_private(tmp_path):
    Spool(tmp_path / "spool").keep(commit())

    folder = tmp_path / "spool"
    modes = [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())]
    assert modes == [0o700, 0o600]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"expected": "a", "mark": "b", "blob": 7}', b"\xff"])
def test_a_damaged_file_is_skipped(tmp_path, content):
    (tmp_path / "1001.11.json").write_bytes(content)
    (tmp_path / "x.y.json").write_bytes(content)

    assert list(Spool(tmp_path).kept()) == []


def test_a_folder_that_can_not_be_written_costs_only_the_insurance(tmp_path):
    (tmp_path / "file").write_text("in the way")

    Spool(tmp_path / "file" / "spool").keep(commit())


def test_no_folder_keeps_nothing():
    spool = Spool(None)
    spool.keep(commit())
    spool.drop(ANNA)

    assert list(spool.kept()) == []


def test_a_file_that_can_not_be_removed_stops_nobody_and_is_found_again(tmp_path, monkeypatch, caplog):
    spool = Spool(tmp_path)
    spool.keep(commit())

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as change:
        change.setattr(Path, "unlink", refuse)
        spool.drop(ANNA, "b")

    assert list(spool.kept()) == [commit()]
    assert "not removed: Permission denied" in caplog.text
    spool.drop(ANNA, "b")
    assert list(spool.kept()) == []


def test_what_a_killed_process_left_half_written_is_removed_an_hour_later(tmp_path):
    spool = Spool(tmp_path)
    spool.keep(commit())
    old, young = tmp_path / "1001.11.4711", tmp_path / "1001.11.4712"
    for each in (old, young):
        each.write_bytes(b"half")
    os.utime(old, (time.time() - 4000,) * 2)
    os.utime(tmp_path / "1001.11.json", (time.time() - 4000,) * 2)

    spool.clean()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["1001.11.4712", "1001.11.json"]


def test_a_write_that_fails_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    Spool(tmp_path).keep(commit())

    assert list(tmp_path.iterdir()) == []
