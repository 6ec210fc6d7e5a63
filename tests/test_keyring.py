import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubspot import keyring
from hubspot.errors import KeyMissing, SettingsError, Tampered
from hubspot.keyring import KeyRing

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
ROOT = Path(__file__).parent.parent
posix = pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX matter")


@pytest.fixture
def ring():
    return KeyRing({"k1": OLD})


def test_what_was_sealed_opens_in_its_place_only(ring):
    sealed = ring.seal(b"token", "grant:1")

    assert ring.open(sealed, "grant:1") == b"token"
    assert len(sealed) == len(b"token") + 33
    with pytest.raises(Tampered):
        ring.open(sealed, "grant:2")


@pytest.mark.parametrize("position", [0, 6, 20, -1])
def test_a_changed_byte_is_noticed(ring, position):
    sealed = bytearray(ring.seal(b"token", "place"))
    sealed[position] ^= 1

    with pytest.raises(Tampered):
        ring.open(bytes(sealed), "place")


@pytest.mark.parametrize("damaged", [b"", b"1", b"1k1  short"])
def test_a_torn_value_is_noticed(ring, damaged):
    with pytest.raises(Tampered):
        ring.open(damaged, "place")


def test_two_seals_of_one_value_differ(ring):
    assert ring.seal(b"token", "place") != ring.seal(b"token", "place")


def test_a_new_key_in_front_seals_and_the_old_one_still_opens(ring):
    sealed = ring.seal(b"token", "place")
    rotated = KeyRing({"k2": NEW, "k1": OLD})

    assert rotated.open(sealed, "place") == b"token"
    assert not rotated.is_current(sealed)
    assert rotated.is_current(rotated.seal(b"token", "place"))


def test_a_key_that_left_the_ring_is_named(ring):
    sealed = ring.seal(b"token", "place")

    with pytest.raises(KeyMissing, match="'k1' is missing from DASHBOARD_KEYS"):
        KeyRing({"k2": NEW}).open(sealed, "place")


def test_a_signature_holds_for_its_message_and_purpose_over_a_rotation(ring):
    signature = ring.sign(b"message", "state")
    rotated = KeyRing({"k2": NEW, "k1": OLD})

    assert rotated.verify(b"message", signature, "state")
    assert not rotated.verify(b"massage", signature, "state")
    assert not rotated.verify(b"message", signature, "download")
    assert not KeyRing({"k2": NEW}).verify(b"message", signature, "state")
    assert not ring.verify(b"message", b"", "state")


def test_a_derived_secret_follows_the_key_of_its_signature(ring):
    signature = ring.sign(b"nonce", "state")
    rotated = KeyRing({"k2": NEW, "k1": OLD})

    assert rotated.derive(b"nonce", "pkce", signature) == ring.derive(b"nonce", "pkce", signature)


def test_an_empty_ring_is_refused():
    with pytest.raises(SettingsError):
        KeyRing({})


def test_the_first_start_makes_a_key_and_the_next_finds_it(tmp_path):
    sealed = keyring.load({}, tmp_path / "config").seal(b"token", "place")

    assert keyring.load({}, tmp_path / "config").open(sealed, "place") == b"token"
    assert [file.name for file in (tmp_path / "config").iterdir()] == ["keys.json"]


@posix
def test_the_key_file_is_for_its_owner_alone(tmp_path):
    keyring.load({}, tmp_path)
    file = tmp_path / "keys.json"
    assert file.stat().st_mode & 0o777 == 0o600

    file.chmod(0o640)

    with pytest.raises(SettingsError, match="chmod 600"):
        keyring.load({}, tmp_path)


@posix
def test_a_link_in_place_of_the_key_file_is_not_followed(tmp_path):
    keyring.load({}, tmp_path / "elsewhere")
    (tmp_path / "keys.json").symlink_to(tmp_path / "elsewhere" / "keys.json")

    with pytest.raises(SettingsError, match="can't be opened"):
        keyring.load({}, tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"k1": 1}', '{"k1": "not base64!"}'])
def test_a_damaged_key_file_is_a_sentence(tmp_path, text):
    keyring.load({}, tmp_path)
    (tmp_path / "keys.json").write_text(text)

    with pytest.raises(SettingsError):
        keyring.load({}, tmp_path)


def test_many_processes_that_start_at_once_share_one_key(tmp_path):
    script = (
        "import sys; from pathlib import Path; from hubspot import keyring; "
        "print(keyring.load({}, Path(sys.argv[1])).sign(b'', 'x').hex())"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]

    assert len({process.communicate(timeout=30)[0] for process in started}) == 1


def test_the_ring_names_its_keys_the_one_that_seals_first():
    assert KeyRing({"k2": NEW, "k1": OLD}).ids == ("k2", "k1")


@pytest.mark.parametrize("key_id", ["k", "k1", "lang", "é"])
def test_a_sealed_value_tells_which_key_it_needs(key_id):
    assert keyring.sealed_with(KeyRing({key_id: OLD}).seal(b"", "place")) == key_id


@pytest.mark.parametrize(
    "value", [b"", b"1", b"1k1  ", b"1234567890abcdef" * 4, b"0" + b"\xff" * 60, b"1k1  " + b"\xff" * 20]
)
def test_what_was_not_sealed_needs_no_key(value):
    assert keyring.sealed_with(value) == ""


def test_looking_for_a_ring_makes_none(tmp_path):
    assert keyring.existing({}, tmp_path / "config") is None
    assert list(tmp_path.iterdir()) == []

    made = keyring.load({}, tmp_path / "config")

    assert keyring.existing({}, tmp_path / "config").ids == made.ids
    assert keyring.existing({"k2": NEW}, tmp_path / "config").ids == ("k2",)


def test_a_folder_that_takes_no_key_file_is_a_sentence(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(SettingsError, match="can't be written"):
        keyring.load({}, tmp_path / "config")
