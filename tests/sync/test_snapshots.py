import stat
from datetime import UTC, datetime, timedelta

import orjson
import pyarrow as pa
import pytest

from hubspot.errors import SnapshotError
from hubspot.keyring import KeyRing
from hubspot.portal import Account, Option, Owner, Portal, Property
from hubspot.sync.frames import to_table
from hubspot.sync.pages import Piece
from hubspot.sync.schema import arrow_schema
from hubspot.sync.snapshots import Snapshots

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "ada@lovelace.example"
DEFINITIONS = (
    Property("email", "E-mail", "string"),
    Property("lifecyclestage", "Stage", "enumeration", "radio", options=(Option("lead", "Lead"),)),
    Property("createdate", "Created", "datetime"),
    Property("birthday", "Birthday", "date"),
    Property("opted_out", "Opted out", "bool"),
)


def test_what_is_written_is_read_back_with_its_types(snapshots):
    contacts, companies = records(1, 2), records()
    written = write(snapshots, contacts=contacts, companies=companies)

    found = snapshots.latest(42)

    assert found == written
    assert found.portal == portal()
    assert found.objects["contacts"].records == 2
    assert snapshots.read(found, "contacts").equals(contacts)
    assert snapshots.read(found, "companies").schema == companies.schema
    assert snapshots.read(found, "contacts").schema.metadata is None


def test_a_portal_that_was_never_loaded_has_no_snapshot(snapshots):
    assert snapshots.latest(42) is None
    assert snapshots.hub_ids() == ()
    snapshots.delete(42)


def test_another_process_sees_a_new_snapshot_at_once(snapshots, tmp_path, keyring):
    other = reopened(tmp_path, keyring)
    write(snapshots, contacts=records(1))
    first = other.latest(42)

    write(snapshots, at=NOON + timedelta(minutes=1), contacts=records(1, 2))

    assert other.latest(42).version > first.version
    assert other.latest(42).objects["contacts"].records == 2


def test_readers_of_the_version_before_can_finish_and_older_ones_are_told(snapshots, tmp_path):
    first = write(snapshots, contacts=records(1))
    second = write(snapshots, at=NOON + timedelta(minutes=1), contacts=records(1, 2))
    assert snapshots.read(first, "contacts").num_rows == 1

    write(snapshots, at=NOON + timedelta(minutes=2), contacts=records(1, 2, 3))

    assert snapshots.read(second, "contacts").num_rows == 2
    with pytest.raises(SnapshotError, match="newer"):
        snapshots.read(first, "contacts")
    assert len(files(tmp_path)) == 3


def test_an_object_type_or_owners_not_loaded_this_time_stay(snapshots):
    before = write(snapshots, contacts=records(1), companies=records(7))
    narrower = Portal(Account(42), {"contacts": DEFINITIONS, "companies": ()}, ())

    after = snapshots.write(narrower, {"contacts": records(1, 2)}, loaded_at=NOON + timedelta(minutes=1))

    assert after.objects["companies"] == before.objects["companies"]
    assert snapshots.read(after, "companies")["hs_object_id"].to_pylist() == [7]
    assert after.portal.owners == portal().owners
    assert after.portal.properties["companies"] == DEFINITIONS


def test_values_no_column_holds_are_remembered_sealed_and_counted_where_they_are_missing(snapshots, tmp_path):
    table = records(1, 7)
    place = table.schema.get_field_index("birthday")
    table = table.set_column(place, table.schema.field(place), pa.nulls(2, pa.date32()))
    odd = {"birthday": {1: "31 February", 7: "never"}, "createdate": {1: "rounded"}}
    snapshots.write(portal(), {"contacts": table}, loaded_at=NOON, verbatim={"contacts": odd})

    latest = snapshots.latest(42)
    assert latest.objects["contacts"].unreadable == {"birthday": 2}
    assert snapshots.verbatim(latest, "contacts") == odd
    assert not [each for each in tmp_path.rglob("*") if each.is_file() and b"February" in each.read_bytes()]


def test_nothing_on_disk_is_in_clear_or_open_to_others(snapshots, tmp_path):
    write(snapshots, contacts=records(1, 2))

    for path in (tmp_path / "snapshots").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
        if path.is_file():
            content = path.read_bytes()
            assert not any(word in content for word in (SECRET.encode(), b"PAR1", b"lifecyclestage", b"Grace"))
    assert stat.S_IMODE((tmp_path / "snapshots").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["manifest", "contacts-*"])
@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:40] + b"?" + content[41:],
                                    lambda _content: b"", lambda _content: b"PK\x03\x04"])  # fmt: skip
def test_a_damaged_file_is_said_to_be_damaged_and_the_next_load_mends_it(snapshots, tmp_path, keyring, name, damage):
    write(snapshots, contacts=records(1))
    path = next((tmp_path / "snapshots").rglob(name))
    path.write_bytes(damage(path.read_bytes()))
    fresh = reopened(tmp_path, keyring)

    with pytest.raises(SnapshotError, match=r"oad it again"):
        fresh.read(fresh.latest(42), "contacts")

    write(fresh, at=NOON + timedelta(minutes=1), contacts=records(1, 2))
    assert fresh.read(fresh.latest(42), "contacts").num_rows == 2


def test_a_file_of_another_portal_is_not_opened(snapshots, tmp_path, keyring):
    write(snapshots, contacts=records(1))
    folder = tmp_path / "snapshots" / "abcd1234"
    (folder / "42").rename(folder / "43")

    with pytest.raises(SnapshotError):
        reopened(tmp_path, keyring).latest(43)


def test_a_snapshot_sealed_with_a_lost_key_is_one_to_load_again(snapshots, tmp_path):
    write(snapshots, contacts=records(1))

    with pytest.raises(SnapshotError, match="load it again"):
        reopened(tmp_path, KeyRing({"k2": b"2" * 32})).latest(42)


def test_data_of_another_namespace_is_never_seen(snapshots, tmp_path, keyring):
    write(snapshots, contacts=records(1))
    other = Snapshots(tmp_path / "snapshots", keyring, "ffff0000")

    assert other.latest(42) is None
    assert other.hub_ids() == ()


def test_deleting_a_portal_removes_every_file_and_the_folder_but_no_other_portal(snapshots, tmp_path):
    write(snapshots, contacts=records(1))
    write(snapshots, hub_id=43, contacts=records(1))
    (tmp_path / "snapshots" / "abcd1234" / "42" / ".contacts-left.over").write_bytes(b"x")
    assert snapshots.hub_ids() == (42, 43)

    snapshots.delete(42)

    assert snapshots.hub_ids() == (43,)
    assert snapshots.latest(42) is None
    assert not (tmp_path / "snapshots" / "abcd1234" / "42").exists()


def test_leftovers_of_a_killed_write_go_with_the_next_one(snapshots, tmp_path):
    write(snapshots, contacts=records(1))
    (tmp_path / "snapshots" / "abcd1234" / "42" / ".contacts-left.over").write_bytes(b"x")

    write(snapshots, at=NOON + timedelta(minutes=1), contacts=records(1))

    assert not any("left" in name for name in files(tmp_path))


@pytest.mark.parametrize("answers", [[False], [True, False]])
def test_a_write_whose_portal_is_deleted_meanwhile_leaves_nothing(snapshots, tmp_path, answers):
    asked = iter(answers)

    written = snapshots.write(portal(), {"contacts": records(1)}, loaded_at=NOON, is_current=lambda: next(asked))

    assert written is None
    assert files(tmp_path) == []
    assert snapshots.hub_ids() == ()


def test_a_refused_write_leaves_a_newer_portals_files_alone(snapshots):
    kept = write(snapshots, contacts=records(1))

    assert snapshots.write(portal(), {"contacts": records(2)}, loaded_at=NOON, is_current=lambda: False) is None

    assert snapshots.latest(42) == kept
    assert snapshots.read(kept, "contacts").num_rows == 1


def test_a_uri_works_like_a_folder(tmp_path, keyring):
    by_uri = Snapshots(f"file://{tmp_path}/elsewhere", keyring, "abcd1234")

    write(by_uri, contacts=records(1))

    assert by_uri.read(by_uri.latest(42), "contacts").num_rows == 1
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o700


def test_a_place_that_cannot_be_written_is_named_as_such(tmp_path, keyring):
    (tmp_path / "snapshots").write_text("a file where a folder should be")

    with pytest.raises(SnapshotError, match="can't be used"):
        write(Snapshots(tmp_path / "snapshots", keyring, "abcd1234"), contacts=records(1))


def write(snapshots, *, hub_id=42, at=NOON, **tables):
    return snapshots.write(portal(hub_id), tables, loaded_at=at)


def reopened(tmp_path, keyring):
    return Snapshots(tmp_path / "snapshots", keyring, "abcd1234")


def files(tmp_path):
    return sorted(path.name for path in (tmp_path / "snapshots").rglob("*") if path.is_file())


def portal(hub_id=42):
    definitions = {"contacts": DEFINITIONS, "companies": DEFINITIONS}
    return Portal(Account(hub_id, "Europe/Berlin", "EUR"), definitions, (Owner("7", "Grace", "Hopper"),), NOON)


def records(*ids) -> pa.Table:
    schema = arrow_schema(DEFINITIONS, ("hs_object_id", *(each.name for each in DEFINITIONS)))
    values = {
        "email": SECRET,
        "lifecyclestage": "lead",
        "createdate": "2024-05-01T12:34:56.789Z",
        "birthday": "1990-12-10",
        "opted_out": "true",
    }
    page = {"results": [{"id": str(each), "properties": values} for each in ids]}
    return to_table([Piece(orjson.dumps(page))], schema)[0].combine_chunks()
