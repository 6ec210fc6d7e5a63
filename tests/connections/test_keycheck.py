import pytest

from hubspot.connections.keycheck import check_keys
from hubspot.errors import KeyMissing, SettingsError
from hubspot.keyring import KeyRing

OLD, NEW = {"k1": b"1" * 32}, {"k2": b"2" * 32}


def test_every_process_with_the_same_keys_passes(store):
    check_keys(store, KeyRing(OLD))
    check_keys(store, KeyRing(OLD))


def test_another_key_under_the_same_id_is_refused(store):
    check_keys(store, KeyRing(OLD))

    with pytest.raises(SettingsError, match="another key"):
        check_keys(store, KeyRing({"k1": b"x" * 32}))


def test_a_missing_key_is_named(store):
    check_keys(store, KeyRing(OLD))

    with pytest.raises(KeyMissing, match="k1"):
        check_keys(store, KeyRing(NEW))


def test_after_a_new_key_came_in_front_the_old_one_may_leave(store):
    check_keys(store, KeyRing(OLD))
    check_keys(store, KeyRing(NEW | OLD))

    check_keys(store, KeyRing(NEW))
