import hashlib
import re
from unittest.mock import patch

import pytest
from streamlit.runtime.context import ContextProxy

from hubspot.ui import browser
from tests.ui.tabs import Browser


def test_a_browser_id_is_32_random_bytes():
    ids = {browser.new_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(browser.is_well_formed(each) for each in ids)


@pytest.mark.parametrize(
    "value", [None, "", "x" * 42, "x" * 44, "x" * 42 + " ", "x" * 42 + "\n", "é" * 43, 7, b"x" * 43]
)
def test_anything_else_is_not_an_id_of_ours(value):
    assert not browser.is_well_formed(value)


def test_the_store_knows_a_browser_by_a_hash_alone():
    value = browser.new_id()

    assert browser.hashed(value) == hashlib.sha256(value.encode()).hexdigest()
    assert value not in browser.hashed(value)


@pytest.mark.parametrize("secure", [True, False])
def test_the_prefix_of_the_cookies_name_comes_with_its_flag(secure):
    header = browser.set_cookie("v" * 43, secure=secure)

    assert header.startswith("__Host-hd_sid=" if secure else "hd_sid=")
    assert ("; Secure" in header) is secure
    assert re.search(r"; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax", header)


def seen(cookies, *, secure=False):
    with patch.object(ContextProxy, "cookies", cookies):
        return browser.current(secure=secure)


def test_a_script_knows_the_browser_by_its_cookie():
    someone = Browser()

    assert seen(someone.cookies) == someone.person


@pytest.mark.parametrize("cookies", [{}, {"hd_sid": "short"}, {"other": "x" * 43}, {"hd_sid": object()}])
def test_without_a_cookie_of_ours_the_browser_is_unknown(cookies):
    assert seen(cookies) == ""


def test_behind_https_a_cookie_that_another_host_could_plant_is_not_read():
    planted = "x" * 43

    assert seen({"hd_sid": planted}, secure=True) == ""
    assert seen({"__Host-hd_sid": planted}, secure=True) == browser.hashed(planted)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://localhost:8501/contacts?owner=1#x", "http://localhost:8501"),
        ("https://dash.example/", "https://dash.example"),
        ("", ""),
        (None, ""),
        ("contacts", ""),
    ],
)
def test_the_origin_is_that_of_the_address_bar(url, origin):
    with patch.object(ContextProxy, "url", url):
        assert browser.origin() == origin
