import json
from datetime import UTC, datetime

import pytest

from hubspot.errors import SnapshotError
from hubspot.portal import Account, Owner, Portal, Property
from hubspot.sync.manifest import ObjectCopy, following, read_manifest, write_manifest

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 13, tzinfo=UTC)
OWNERS = (Owner("7"),)


def test_a_manifest_is_read_back_as_it_was():
    snapshot = first()

    assert read_manifest(42, write_manifest(snapshot)) == snapshot


def test_what_was_not_loaded_again_stays_and_what_was_is_replaced():
    before = first()

    after = following(before, portal(owners=()), {"contacts": copy("v2", LATER)}, version="v2", loaded_at=LATER)

    assert after.objects == {"contacts": copy("v2", LATER), "companies": copy("v1", NOON)}
    assert after.before == {"contacts": "v1", "companies": "v1"}
    assert after.portal.owners == before.portal.owners
    assert after.loaded_at == LATER


@pytest.mark.parametrize("written", [{"contacts"}, {"companies"}, {"contacts", "companies"}])
def test_links_never_outlive_the_records_they_link(written):
    before = following(None, portal(), copies("contacts", "companies", "links"), version="v1", loaded_at=NOON)

    without = following(before, portal(), copies(*written), version="v2", loaded_at=LATER)
    with_new = following(before, portal(), copies(*written, "links"), version="v2", loaded_at=LATER)

    assert set(without.objects) == {"contacts", "companies"}
    assert set(with_new.objects) == {"contacts", "companies", "links"}


def test_a_manifest_from_before_properties_could_be_chosen_is_read():
    stored = json.loads(write_manifest(first()))
    for each in stored["objects"].values():
        del each["chosen"]

    assert read_manifest(42, json.dumps(stored).encode()).objects["contacts"].chosen == ()


@pytest.mark.parametrize("content", [b"{}", b"[]", b"null", b'{"format":1}', b"PK"])
def test_a_foreign_manifest_is_refused(content):
    with pytest.raises((SnapshotError, KeyError, TypeError, ValueError)):
        read_manifest(42, content)


def test_a_manifest_of_another_version_is_refused_with_a_sentence():
    stored = json.loads(write_manifest(first())) | {"format": 99}

    with pytest.raises(SnapshotError, match="another version"):
        read_manifest(42, json.dumps(stored).encode())


def first():
    copies = {"contacts": copy("v1", NOON), "companies": copy("v1", NOON)}
    return following(None, portal(), copies, version="v1", loaded_at=NOON)


def copies(*names):
    return {name: copy("v1", NOON) for name in names}


def copy(version, loaded_at):
    return ObjectCopy(version, 3, loaded_at, {"birthday": 1})


def portal(owners=OWNERS):
    return Portal(Account(42), {"contacts": (Property("email", "E-mail", "string"),)}, owners, NOON)
