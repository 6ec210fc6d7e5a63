from hubspot.sandbox.config import SandboxConfig
from hubspot.sandbox.limits import RollingWindow

CONTACTS = "/crm/objects/2026-09/contacts"


def test_a_rolling_window_frees_each_place_after_its_own_ten_seconds():
    window = RollingWindow(2, 10)

    taken = [window.take(now) for now in (0.0, 4.0, 9.9, 10.0, 10.1, 13.9, 14.0)]

    assert taken == [True, True, False, True, False, False, True]
    assert window.peak == 2


def test_a_refused_request_takes_no_place():
    window = RollingWindow(1, 10)
    window.take(0.0)
    for now in range(1, 10):
        window.take(float(now))

    assert window.take(10.0)


def test_the_burst_limit_answers_429_with_headers_and_without_retry_after(start):
    client = start(no_limits=False, burst=3)

    answers = [client.get(CONTACTS, limit=1) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers.get("x-hubspot-ratelimit-remaining") for answer in answers] == ["2", "1", "0", None]
    assert answers[0].headers["x-hubspot-ratelimit-max"] == "3"
    assert answers[0].headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert "retry-after" not in answers[3].headers
    body = answers[3].json()
    assert body["policyName"] == "TEN_SECONDLY_ROLLING"
    assert body["errorType"] == "RATE_LIMIT"
    assert body["message"] == "You have reached your ten_secondly_rolling limit."
    assert client.stats()["throttled"] == 1


def test_the_windows_are_as_large_as_documented_unless_told_otherwise(start):
    client = start(no_limits=False, burst=SandboxConfig().burst)

    assert client.get(CONTACTS, limit=1).headers["x-hubspot-ratelimit-max"] == "110"
    assert SandboxConfig().search_per_second == 5


def test_search_has_a_limit_of_its_own_and_no_rate_limit_headers(start):
    client = start(no_limits=False, burst=1, search_per_second=2)
    client.get(CONTACTS, limit=1)

    answers = [client.search() for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert not [name for answer in answers for name in answer.headers if "ratelimit" in name]
    assert answers[2].json()["message"] == "You have reached your secondly limit."
    assert answers[2].json()["category"] == "RATE_LIMITS"


def test_the_search_limit_counts_companies_and_contacts_together(start):
    client = start(no_limits=False, search_per_second=2)

    statuses = [client.search(object_type).status_code for object_type in ("contacts", "companies", "contacts")]

    assert statuses == [200, 200, 429]


def test_associations_count_apart_from_lists(start):
    client = start(no_limits=False, burst=1)
    client.get(CONTACTS, limit=1)

    answer = client.post("/crm/associations/2026-09/contacts/companies/batch/read", {"inputs": []})

    assert answer.status_code == 200
    assert answer.headers["x-hubspot-ratelimit-max"] == "150"


def test_the_association_window_fills_apart_and_says_so(start):
    client = start(no_limits=False, burst=1000)
    path = "/crm/associations/2026-09/contacts/companies/batch/read"

    answers = [client.post(path, {"inputs": []}) for _ in range(151)]

    assert [answer.status_code for answer in answers] == [200] * 150 + [429]
    assert answers[150].json()["policyName"] == "TEN_SECONDLY_ROLLING"
    assert client.get(CONTACTS, limit=1).status_code == 200


def test_lists_records_batches_properties_owners_and_details_share_the_burst_window(start):
    client = start(no_limits=False, burst=5)
    client.get(CONTACTS, limit=1)
    client.post(f"{CONTACTS}/batch/read", {"inputs": []})
    client.get("/crm/properties/2026-09/contacts/email")
    client.get("/crm/owners/2026-09")
    client.get("/account-info/2026-09/details")

    for path in (CONTACTS, f"{CONTACTS}/1", "/crm/pipelines/2026-09/deals"):
        assert client.get(path).status_code == 429


def test_versions_and_users_of_a_portal_share_its_window(start):
    client = start(no_limits=False, burst=2)
    client.get(CONTACTS, limit=1)
    client.get("/crm/v3/objects/contacts", limit=1)
    client.grant(user_id=77)

    assert client.get(CONTACTS, limit=1).status_code == 429


def test_a_request_that_ends_in_an_error_counts_too(start):
    client = start(no_limits=False, burst=2)

    answers = [client.get(CONTACTS, limit=999) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert answers[0].headers["x-hubspot-ratelimit-remaining"] == "1"


def test_no_daily_headers_are_sent(start):
    client = start(no_limits=False)

    names = [name for name in client.get(CONTACTS, limit=1).headers if "ratelimit" in name]

    assert sorted(names) == [
        "x-hubspot-ratelimit-interval-milliseconds",
        "x-hubspot-ratelimit-max",
        "x-hubspot-ratelimit-remaining",
    ]


def test_each_portal_has_its_own_limit(start):
    client = start(no_limits=False, burst=1)
    client.get(CONTACTS, limit=1)
    client.grant(account=1)

    assert client.get(CONTACTS, limit=1).status_code == 200


def test_token_endpoints_and_refused_tokens_do_not_count(start):
    client = start(no_limits=False, burst=1)
    granted = client.grant()
    for _ in range(5):
        client.form("token", grant_type="refresh_token", refresh_token=granted["refresh_token"])
        client.http.get(CONTACTS)

    assert client.get(CONTACTS, limit=1).status_code == 200
