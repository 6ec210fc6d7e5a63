import base64
import os
import re
from pathlib import Path

import pytest

from hubspot import settings
from hubspot.errors import SettingsError
from tests.running import write_private

ROOT = Path(__file__).parent.parent
KEY = base64.b64encode(bytes(32)).decode()


def load(tmp_path, secrets="", **environ):
    file = tmp_path / "secrets.toml"
    write_private(file, secrets)
    return settings.load(environ, file)


def test_without_any_setting_the_sample_portal_is_offered(tmp_path):
    loaded = settings.load({}, tmp_path / "absent.toml")

    assert loaded.is_sample
    assert loaded.pkce
    assert loaded.api_url == "https://api.hubapi.com"
    assert loaded.scopes[0] == "oauth"


def test_the_environment_wins_over_the_secrets_file(tmp_path):
    secrets = 'HUBSPOT_CLIENT_ID = "file"\nHUBSPOT_CLIENT_SECRET = "s"\n[theirs]\nx = 1'

    assert load(tmp_path, secrets).client_id == "file"
    assert load(tmp_path, secrets, HUBSPOT_CLIENT_ID="environment").client_id == "environment"


def test_an_empty_variable_counts_as_not_set(tmp_path):
    assert load(tmp_path, "", DASHBOARD_KEEP_DAYS=" ").keep_days == 30


def test_copies_may_be_refreshed_after_half_a_minute(tmp_path):
    assert load(tmp_path, "", DASHBOARD_REFRESH_MINUTES="0.5").refresh_minutes == 0.5
    assert load(tmp_path, "", DASHBOARD_REFRESH_MINUTES="0").refresh_minutes == 0


def test_an_empty_value_of_the_secrets_file_counts_as_not_set(tmp_path):
    blank = 'HUBSPOT_API_URL = ""\nHUBSPOT_SCOPES = ""\nHUBSPOT_PKCE = " "\nDASHBOARD_KEEP_DAYS = ""'

    assert load(tmp_path, blank) == load(tmp_path)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"HUBSPOT_CLIENT_ID": "a"}, "HUBSPOT_CLIENT_SECRET is not set"),
        ({"HUBSPOT_CLIENT_SECRET": "a"}, "HUBSPOT_CLIENT_ID is not set"),
        ({"REDIS_URL": "redis://localhost"}, "DASHBOARD_KEYS is required with REDIS_URL"),
        ({"HUBSPOT_REDIRECT_URI": "http://127.0.0.1:8501"}, "http only for localhost"),
        ({"HUBSPOT_REDIRECT_URI": "http://dash.example.com"}, "accepts https"),
        ({"HUBSPOT_PKCE": "maybe"}, "Write on or off"),
        ({"DASHBOARD_KEEP_DAYS": "0"}, "at least 1"),
        ({"DASHBOARD_KEEP_DAYS": "soon"}, "whole number"),
        ({"DASHBOARD_REFRESH_MINUTES": "-1"}, "at least 0"),
        ({"DASHBOARD_REFRESH_MINUTES": "1e3"}, "such as 15 or 0.5"),
        ({"DASHBOARD_REFRESH_MINUTES": "nan"}, "number of minutes"),
        ({"DASHBOARD_LOG_LEVEL": "loud"}, "one of INFO"),
        ({"DASHBOARD_ALLOWED_PORTALS": "12,x"}, "account ids"),
    ],
)
def test_a_wrong_setting_is_a_sentence(tmp_path, environ, sentence):
    with pytest.raises(SettingsError, match=sentence):
        load(tmp_path, "", **environ)


@pytest.mark.parametrize(
    "text", ["k1", "k1:", "k1:abc", f"toolong:{KEY}", f"k1:{KEY},k1:{KEY}", f":{KEY}", "k1:secret"]
)
def test_a_key_ring_that_cannot_be_read_is_refused_without_repeating_it(tmp_path, text):
    with pytest.raises(SettingsError, match="DASHBOARD_KEYS can't be read") as caught:
        load(tmp_path, "", DASHBOARD_KEYS=text)

    assert "secret" not in str(caught.value)


def test_a_key_ring_keeps_its_order(tmp_path):
    assert list(load(tmp_path, "", DASHBOARD_KEYS=f"k2:{KEY}, k1:{KEY}").keys) == ["k2", "k1"]


def test_a_damaged_secrets_file_is_named_without_its_text(tmp_path):
    with pytest.raises(SettingsError, match=r"secrets\.toml can't be read") as caught:
        load(tmp_path, "HUBSPOT_CLIENT_SECRET = hush")

    assert "hush" not in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX'")
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o606])
def test_a_secrets_file_that_everybody_may_read_is_refused_with_what_to_do(tmp_path, mode):
    file = tmp_path / "secrets.toml"
    file.write_text("DASHBOARD_KEEP_DAYS = 7", encoding="utf-8")
    file.chmod(mode)

    with pytest.raises(SettingsError, match=r"can be read by others\. Run: chmod 600 .*secrets\.toml"):
        settings.load({}, file)
    file.chmod(0o640)
    assert settings.load({}, file).keep_days == 7


def test_the_repr_shows_no_secret(tmp_path):
    shown = repr(
        load(
            tmp_path,
            "",
            HUBSPOT_CLIENT_ID="a",
            HUBSPOT_CLIENT_SECRET="hush-1",
            REDIS_URL="redis://u:hush-2@h",
            DASHBOARD_KEYS=f"k1:{KEY}",
        )
    )

    assert "hush" not in shown
    assert KEY not in shown


def test_data_of_another_app_has_another_namespace(tmp_path):
    def namespace(**environ):
        return load(tmp_path, "", HUBSPOT_CLIENT_SECRET="s", **environ).namespace

    names = {
        load(tmp_path).namespace,
        namespace(HUBSPOT_CLIENT_ID="a"),
        namespace(HUBSPOT_CLIENT_ID="b"),
        namespace(HUBSPOT_CLIENT_ID="a", HUBSPOT_API_URL="http://localhost:8600"),
    }

    assert len(names) == 4
    assert all(re.fullmatch(r"[0-9a-f]{8}", name) for name in names)


def test_home_holds_config_and_state(tmp_path):
    loaded = load(tmp_path, "", DASHBOARD_HOME=str(tmp_path))

    assert (loaded.config_dir, loaded.state_dir) == (tmp_path / "config", tmp_path / "state")


def names_read():
    source = Path(settings.__file__).read_text(encoding="utf-8")
    return set(re.findall(r'"((?:HUBSPOT|DASHBOARD|REDIS|SNAPSHOT)_[A-Z_]+)"', source))


@pytest.mark.parametrize("document", ["README.md", ".streamlit/secrets.toml.example"])
def test_every_setting_is_documented(document):
    text = (ROOT / document).read_text(encoding="utf-8")

    assert {name for name in names_read() if name not in text} == set()


AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback",
    "cookie_secret": "hush-3 and at least 32 characters",
    "client_id": "dashboard",
    "client_secret": "hush-4",
    "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}
PROVIDER = ("client_id", "client_secret", "server_metadata_url")


def section(name="auth", **changes):
    """Write [auth] as TOML; a value that is None is left out."""
    lines = (f"{key} = {value!r}" for key, value in {**AUTH, **changes}.items() if value is not None)
    return "\n".join((f"[{name}]", *lines))


def test_without_a_section_nobody_has_to_sign_in(tmp_path):
    assert load(tmp_path).sign_in is None


def test_a_section_asks_people_to_sign_in(tmp_path):
    loaded = load(tmp_path, section(), DASHBOARD_ALLOWED_DOMAINS="Firm.example, @sister.example").sign_in

    assert loaded.origin == "http://localhost:8501"
    assert loaded.providers == ("default",)
    assert loaded.domains == ("firm.example", "sister.example")
    assert loaded.hours == 12
    assert "hush" not in repr(loaded)


def test_providers_may_have_names(tmp_path):
    shared = {name: value for name, value in AUTH.items() if name not in PROVIDER}
    named = {name: AUTH[name] for name in PROVIDER}
    text = "\n".join(
        (
            section(**{**dict.fromkeys(PROVIDER), **shared}),
            *(section(f"auth.{each}", **dict.fromkeys(shared), **named) for each in ("google", "okta")),
        )
    )

    assert load(tmp_path, text).sign_in.providers == ("google", "okta")


@pytest.mark.parametrize(
    ("secrets", "environ", "sentence"),
    [
        ("auth = 'on'", {}, "has no redirect_uri"),
        ("[auth]", {}, "has no redirect_uri"),
        (section(cookie_secret=None), {}, "has no cookie_secret"),
        (section(cookie_secret="short"), {}, "cookie_secret of .auth. is too short"),
        (section(client_id=None), {}, r"\[auth\] in secrets.toml has no client_id"),
        (section(client_secret="", server_metadata_url=None), {}, "no client_secret and no server_metadata_url"),
        (section(redirect_uri="https://dash.example"), {}, "redirect_uri of .auth. must be"),
        (section(redirect_uri="https://dash.example/below/oauth2callback"), {}, "redirect_uri of .auth. must be"),
        (section(redirect_uri="http://dash.example/oauth2callback"), {}, "redirect_uri of .auth. must be"),
        (section(redirect_uri="http://localhost:{port}/oauth2callback"), {}, "redirect_uri of .auth. must be"),
        (section() + "\n[auth.my_idp]\nclient_id='a'\nclient_secret='b'\nserver_metadata_url='c'", {}, "underscore"),
        (section() + "\n[auth.okta]\nclient_id='a'", {}, r"\[auth.okta\] in secrets.toml has no client_secret"),
        (section(), {"HUBSPOT_REDIRECT_URI": "https://dash.example"}, "name two places"),
        (section(), {"DASHBOARD_ALLOWED_DOMAINS": "firm.example;"}, "DASHBOARD_ALLOWED_DOMAINS can't be read"),
        (section(), {"DASHBOARD_ALLOWED_DOMAINS": "mara@firm.example"}, "DASHBOARD_ALLOWED_DOMAINS can't be read"),
        (section(), {"DASHBOARD_SIGN_IN_HOURS": "0"}, "at least 1 and at most 720"),
        ("", {"DASHBOARD_ALLOWED_DOMAINS": "firm.example"}, "needs somebody who says who people are"),
        ("", {"DASHBOARD_METRICS_PORT": "65536"}, "at most 65535"),
    ],
)
def test_a_door_that_would_stand_open_or_shut_for_everybody_is_a_sentence(tmp_path, secrets, environ, sentence):
    with pytest.raises(SettingsError, match=sentence) as caught:
        load(tmp_path, secrets, **environ)

    assert "hush" not in str(caught.value)
