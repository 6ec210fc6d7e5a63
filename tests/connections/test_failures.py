import pytest
from redis import exceptions

from hubspot.connections.failures import translated
from hubspot.errors import SettingsError, StoreDown, StoreRefused


def said(error):
    return translated(error, "redis://host:6379", 0.2)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (exceptions.ConnectionError("refused"), StoreDown, "does not answer (redis://host:6379, 0.2 s)"),
        (exceptions.TimeoutError("slow"), StoreDown, "does not answer"),
        (ConnectionResetError("reset by peer"), StoreDown, "rediss://"),
        (exceptions.BusyLoadingError("loading"), StoreDown, "is starting"),
        (exceptions.ClusterDownError("CLUSTERDOWN"), StoreDown, "cluster is down"),
        (exceptions.SlotNotCoveredError("slot"), StoreDown, "cluster is down"),
        (exceptions.RedisClusterException("no node"), StoreDown, "does not answer"),
        (exceptions.MasterDownError("MASTERDOWN link"), StoreDown, "lost its primary"),
        (exceptions.AuthenticationError("invalid password"), SettingsError, "user or password"),
        (exceptions.ResponseError("WRONGPASS invalid"), SettingsError, "user or password"),
        (exceptions.ConnectionError("[SSL: CERTIFICATE_VERIFY_FAILED]"), SettingsError, "ssl_ca_certs"),
        (exceptions.ResponseError("DB index is out of range"), SettingsError, "no database of this number"),
        (exceptions.RedisClusterException("Cluster mode is not enabled on this node"), SettingsError, "is no cluster"),
        (exceptions.MovedError("1 127.0.0.1:7000"), SettingsError, "?cluster=1"),
        (exceptions.ReadOnlyError("READONLY"), StoreRefused, "names a replica"),
        (exceptions.OutOfMemoryError("OOM"), StoreRefused, "memory is full"),
        (exceptions.NoPermissionError("NOPERM key 'hd1:x'"), StoreRefused, "lacks a permission"),
        (exceptions.ResponseError("MISCONF Errors writing to the AOF file"), StoreRefused, "disk is full"),
        (
            exceptions.ResponseError("Error running script: @user_script:3: -MISCONF Errors"),
            StoreRefused,
            "disk is full",
        ),
        (exceptions.ResponseError("WRONGTYPE value 'secret'"), StoreRefused, "(WRONGTYPE)"),
    ],
)
def test_each_failure_becomes_one_of_ours_with_a_sentence(error, kind, words):
    meant = said(error)

    assert type(meant) is kind
    assert words in str(meant)


def test_the_servers_words_are_not_repeated():
    assert "secret" not in str(said(exceptions.ResponseError("ERR wrong value 'secret'")))
    assert "secret" not in str(said(exceptions.NoPermissionError("NOPERM no access to key 'secret'")))
