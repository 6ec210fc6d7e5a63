import pytest

from hubspot.connections.address import is_exposed
from hubspot.connections.engine import Store


@pytest.mark.parametrize(
    ("where", "exposed"),
    [
        ("redis://redis.example:6379/0", True),
        ("redis://10.0.0.7", True),
        ("redis://[2001:db8::1]:6379/0", True),
        ("redis+sentinel://localhost:26379,far.example:26379/main", True),
        ("rediss://redis.example:6379/0", False),
        ("rediss+sentinel://one.example:26379/main", False),
        ("redis://localhost:6379/0", False),
        ("redis://127.0.0.1/0", False),
        ("redis://[::1]:6379", False),
        ("redis+sentinel://localhost:26379,127.0.0.1:26380/main", False),
        ("unix:///run/redis.sock", False),
        ("embedded", False),
        ("REDIS_URL", False),
    ],
)
def test_only_traffic_to_another_machine_without_tls_is_exposed(where, exposed):
    assert is_exposed(where) is exposed


def test_health_warns_of_a_line_that_others_can_read(store):
    far = Store(store.client, prefix=store.prefix, where="redis://redis.example:6379/0")

    assert store.health().warnings == ()
    (warning,) = far.health().warnings
    assert "without TLS" in warning
