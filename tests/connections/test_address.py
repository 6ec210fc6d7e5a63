import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot.connections.address import read_address, redacted
from hubspot.errors import SettingsError


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:p@ss@host:6379/1?x=secret", "redis://host:6379/1"),
        ("unix://u:p@/run/redis.sock?db=1", "unix:///run/redis.sock"),
        ("redis+sentinel://u:p@a:1,b:2/main", "redis+sentinel://a:1,b:2/main"),
        ("rediss://[2001:db8::1]:6379", "rediss://[2001:db8::1]:6379"),
        ("redis://[::1", "REDIS_URL"),
        ("redis://user:12?3@host", "REDIS_URL"),
        ("redis://:pa/ss@host/0", "REDIS_URL"),
        ("redis://:pa#ss@host/0", "REDIS_URL"),
        ("redis://:password", "REDIS_URL"),
        ("password@host", "REDIS_URL"),
        ("redis://host?password=a@b", "REDIS_URL"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url, shown):
    assert redacted(url) == shown


@given(st.text("ab1@:/?#%[]&=, ", min_size=1, max_size=12).map(lambda text: f"S3{text}S3"))
def test_no_password_however_badly_escaped_is_ever_shown(password):
    url = f"redis://user:{password}@host:6379/0"

    shown = redacted(url)
    try:
        read_address(url)
    except SettingsError as error:
        shown += str(error)

    assert "S3" not in shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://localhost:6379", "another form. Write redis://host"),
        ("localhost:6379", "another form. Write redis://host"),
        ("redis:localhost", "another form. Write redis://host"),
        ("redis://[::1", "another form. Write redis://host"),
        ("redis://localhost:port", "can't be told apart"),
        ("redis://localhost:99999", "a port is a number from 1 to 65535"),
        ("redis://localhost:0", "a port is a number from 1 to 65535"),
        ("redis://localhost?socket_timeout=-1", "socket_timeout has a wrong value. Write a number from 0.01 to 3600"),
        ("redis://localhost?socket_timeout=nan", "socket_timeout has a wrong value"),
        ("redis://localhost?socket_connect_timeout=inf", "socket_connect_timeout has a wrong value"),
        ("redis://localhost?health_check_interval=-5", "health_check_interval has a wrong value"),
        ("redis://localhost?max_connections=-1", "max_connections has a wrong value. Write a number from 1 to 10000"),
        ("redis://localhost?max_connections=1000000000", "max_connections has a wrong value"),
        ("redis://localhost?cluster=1&max_connections=0", "max_connections has a wrong value"),
        ("redis://localhost?db=-1", "db has a wrong value"),
        ("redis://localhost?protocol=7", "protocol has a wrong value. Write one of 2, 3."),
        ("rediss://localhost?ssl_cert_reqs=perhaps", "ssl_cert_reqs has a wrong value. Write one of none, optional"),
        (f"redis://{'a' * 64}", "each part of a host has 1 to 63 characters"),
        (f"redis://{'a' * 64}.example?cluster=1", "each part of a host has 1 to 63 characters"),
        ("redis://a..b", "each part of a host has 1 to 63 characters"),
        (f"redis+sentinel://a,{'é' * 60}/main", "each part of a host has 1 to 63 characters"),
        ("redis+sentinel://localhost:99999/main", "a port is a number from 1 to 65535"),
        ("redis+sentinel://localhost/main?max_connections=-4", "max_connections has a wrong value"),
        ("redis+sentinel://localhost/main?protocol=9", "protocol has a wrong value"),
        ("redis+sentinel://a,,b/main", "names no sentinel or no primary"),
        ("redis+sentinel://:26379/main", "names no sentinel or no primary"),
        ("redis+sentinel://[::1/main", "another form. Write redis://host"),
        ("redis://user:p/w@localhost", "write %40 for @, %2F for /"),
        ("redis://a:1,b:2", "several hosts are sentinels'"),
        ("redis://localhost/one", "a database is a number"),
        ("redis://localhost?db=one", "wrong value"),
        ("redis://localhost?socket_timeout=long", "wrong value"),
        ("redis://localhost?bogus=1", "the option bogus is not known. There are cluster, db,"),
        ("redis://localhost?Secret%20Word", "an option is not known"),
        ("redis://localhost?ssl_ca_certs=/ca.pem", "the option ssl_ca_certs is for TLS. Begin the address with rediss"),
        ("redis://localhost?cluster=yes", "write ?cluster=1"),
        ("redis://localhost?wait_replicas=all", "wait_replicas is a number"),
        ("redis://localhost?cluster=1&wait_replicas=1", "not with a cluster"),
        ("unix://", "a socket has a path"),
        ("redis+sentinel://localhost:26379", "names no sentinel or no primary"),
        ("redis+sentinel:///main", "names no sentinel or no primary"),
    ],
)
def test_an_address_that_can_not_work_says_why_and_what_to_write(url, why):
    with pytest.raises(SettingsError, match=r"^REDIS_URL can't be used") as refused:
        read_address(url)

    assert why in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://", "server"),
        ("redis://localhost:6379/3?socket_timeout=2", "server"),
        ("rediss://user:p%40ss@redis.example/0?ssl_ca_certs=/etc/ca.pem", "server"),
        ("unix:///run/redis.sock?db=2", "server"),
        ("redis://localhost?cluster=1", "cluster"),
        ("redis://localhost?cluster=0", "server"),
        ("redis+sentinel://a,b:1/main", "sentinel"),
    ],
)
def test_addresses_of_every_form_are_read(url, kind):
    assert read_address(url).kind == kind


def test_a_sentinel_address_names_its_sentinels_and_what_they_are_asked_for():
    address = read_address("redis+sentinel://u:p%40ss@a,b:1/main/3?sentinel_password=other&wait_replicas=1")

    assert address.sentinels == (("a", 26379), ("b", 1))
    assert address.primary == "main"
    assert address.sentinel_login == {"password": "other"}
    assert address.wait_replicas == 1


@pytest.mark.parametrize(
    ("hosts", "sentinels"),
    [
        ("[::1]", (("::1", 26379),)),
        ("[::1]:1", (("::1", 1),)),
        ("[::1]:1,[2001:db8::2]:2,c", (("::1", 1), ("2001:db8::2", 2), ("c", 26379))),
    ],
)
def test_sentinels_may_have_addresses_of_version_6(hosts, sentinels):
    address = read_address(f"redis+sentinel://u:p@{hosts}/main")

    assert address.sentinels == sentinels
    assert address.where == f"redis+sentinel://{hosts}/main"


@given(st.text("ab1[]:,./?&=-é%", max_size=30))
def test_no_text_at_all_ends_in_anything_but_an_address_or_a_sentence(text):
    for scheme in ("redis", "redis+sentinel", "unix"):
        with contextlib.suppress(SettingsError):
            assert read_address(f"{scheme}://{text}").where.startswith((scheme, "REDIS_URL"))


def test_its_repr_holds_no_secret():
    assert "secret" not in repr(read_address("redis+sentinel://u:secret@a/main?sentinel_password=secret2"))
