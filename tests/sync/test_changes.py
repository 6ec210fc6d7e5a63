"""What changed from one stored copy to the next."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from hubspot.portal import Account, Portal
from hubspot.sync.changes import Changes, Move, compared, keys_of, read_step
from hubspot.sync.snapshots import Snapshots

HUB = 42
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOME = Changes(created=(3,), updated=(1,), gone=(2,))


def contacts(**edited_at):
    """Return contacts by id, each with the minute of its last edit, None for none."""
    ids = sorted(int(name[1:]) for name in edited_at)
    moments = [edited_at[f"c{each}"] for each in ids]
    dates = [None if each is None else NOON + timedelta(minutes=each) for each in moments]
    schema = pa.schema([("hs_object_id", pa.int64()), ("lastmodifieddate", pa.timestamp("us", tz="UTC"))])
    return pa.table({"hs_object_id": ids, "lastmodifieddate": dates}, schema)


def write(snapshots, minute, changes=None, **fields):
    at = NOON + timedelta(minutes=minute)
    return snapshots.write(
        Portal(Account(HUB)),
        {"contacts": contacts(c1=0)},
        loaded_at=at,
        changes=changes and {"contacts": changes},
        **fields,
    )


def test_two_copies_are_compared_by_ids_and_dates():
    before, after = contacts(c1=0, c2=0, c3=0, c4=None), contacts(c1=0, c3=5, c4=None, c9=1)

    assert compared("contacts", before, after) == Changes(created=(9,), updated=(3,), gone=(2,))


def test_a_copy_compared_with_itself_and_with_nothing():
    one, none = contacts(c1=0, c2=0), contacts()

    assert not compared("contacts", one, one)
    assert compared("contacts", none, one) == Changes(created=(1, 2))
    assert compared("contacts", one, none) == Changes(gone=(1, 2))


def staged(*records):
    """Return contacts with a stage and an owner; each record is id, minute of the last edit, stage, owner."""
    ids, minutes, stages, owners = zip(*records, strict=True)
    columns = {
        "hs_object_id": pa.array(ids, pa.int64()),
        "lastmodifieddate": pa.array(
            [NOON + timedelta(minutes=each) for each in minutes], pa.timestamp("us", tz="UTC")
        ),
        "lifecyclestage": pa.array(stages, pa.string()).dictionary_encode(),
        "hubspot_owner_id": pa.array(owners, pa.string()).dictionary_encode(),
        "firstname": pa.array(["Anna"] * len(ids)),
    }
    return pa.table(columns)


BEFORE = staged((1, 0, "lead", "7"), (2, 0, "lead", None), (3, 0, "customer", "7"), (4, 0, "lead", "7"))
AFTER = staged(
    (1, 5, "customer", "7"),
    (2, 5, "customer", "8"),
    (3, 5, "customer", None),
    (4, 0, "other", "9"),
    (5, 5, "lead", "7"),
)
MOVED = Changes(
    created=(5,),
    updated=(1, 2, 3),
    stages=(Move("lead", "customer", (1, 2)),),
    owners=(Move("", "8", (2,)), Move("7", "", (3,))),
)


def test_moves_of_edited_records_are_noted_with_both_values():
    assert compared("contacts", BEFORE, AFTER) == MOVED


def test_a_full_load_notes_the_same_moves_by_the_few_columns_it_keeps():
    assert compared("contacts", keys_of("contacts", BEFORE), AFTER) == MOVED
    assert "firstname" not in keys_of("contacts", BEFORE).schema.names


def test_a_copy_without_stages_and_owners_has_no_moves():
    bare = BEFORE.drop_columns(["lifecyclestage", "hubspot_owner_id"])

    assert compared("contacts", bare, AFTER) == Changes(created=(5,), updated=(1, 2, 3))


def test_moves_are_stored_with_their_step(snapshots):
    write(snapshots, 0)
    write(snapshots, 15, MOVED)

    assert snapshots.changes(HUB)[0].objects == {"contacts": MOVED}


def test_a_step_of_an_older_version_has_no_moves():
    stored = (
        b'{"version": "v", "since": "2026-11-23T12:00:00+00:00", "until": "2026-11-23T12:15:00+00:00", '
        b'"objects": {"contacts": {"created": [3], "updated": [1], "gone": [2]}}}'
    )

    assert read_step(stored).objects == {"contacts": SOME}


def test_steps_are_kept_from_copy_to_copy(snapshots):
    first = write(snapshots, 0)
    second = write(snapshots, 15, SOME)
    write(snapshots, 30, Changes())
    fourth = write(snapshots, 45, Changes(created=(8,)))

    steps = snapshots.changes(HUB)

    assert [each.version for each in steps] == [second.version, fourth.version]
    assert steps[0].objects == {"contacts": SOME}
    assert (steps[0].since, steps[0].until) == (first.loaded_at, second.loaded_at)
    assert steps[1].since == NOON + timedelta(minutes=30), "where nothing changed, there is no step"
    assert snapshots.changes(HUB, after=second.version) == steps[1:]


def test_the_first_copy_is_no_change(snapshots):
    write(snapshots, 0, SOME)

    assert snapshots.changes(HUB) == ()
    assert snapshots.changes(43) == ()


def test_the_last_thirty_steps_of_ninety_days_stay(snapshots):
    for minute in range(33):
        write(snapshots, minute, SOME)
    assert len(snapshots.changes(HUB)) == 30

    last = write(snapshots, 90 * 24 * 60 + 10, SOME)

    assert snapshots.changes(HUB)[-1].version == last.version
    assert {each.until > NOON + timedelta(minutes=9) for each in snapshots.changes(HUB)} == {True}


def test_steps_are_sealed_and_go_with_the_portal(snapshots, tmp_path):
    write(snapshots, 0)
    write(snapshots, 1, Changes(gone=(123_456_789,)))
    (path,) = tmp_path.rglob("changes-*")

    assert b"123456789" not in path.read_bytes()
    snapshots.delete(HUB)

    assert not path.exists()
    assert snapshots.changes(HUB) == ()


def test_a_step_whose_copy_may_not_be_stored_any_more_goes_with_it(snapshots, tmp_path):
    write(snapshots, 0)

    assert write(snapshots, 1, SOME, is_current=lambda: False) is None

    assert list(tmp_path.rglob("changes-*")) == []


def test_a_step_whose_copy_is_not_there_yet_is_not_told(snapshots, tmp_path, keyring):
    write(snapshots, 0)
    manifest = next(tmp_path.rglob("manifest"))
    before = manifest.read_bytes()
    write(snapshots, 1, SOME)

    manifest.write_bytes(before)

    assert Snapshots(tmp_path / "snapshots", keyring, "abcd1234").changes(HUB) == ()


def test_a_damaged_step_is_left_out_and_said_once_a_look(snapshots, tmp_path, caplog):
    write(snapshots, 0)
    write(snapshots, 1, SOME)
    write(snapshots, 2, Changes(created=(5,)))
    damaged = min(tmp_path.rglob("changes-*"))

    damaged.write_bytes(b"?" * 60)

    assert [each.objects["contacts"].created for each in snapshots.changes(HUB)] == [(5,)]
    assert sum("can't be opened" in message for message in caplog.messages) == 1
