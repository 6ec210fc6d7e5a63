import pytest

PATH = "/crm/objects/2026-09/contacts/search"


def one(name, operator, **operands):
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, **operands}]}]}


@pytest.fixture(scope="module")
def contacts(shared):
    """All live contacts by id, as the list tells them."""
    shared.grant()
    names = "firstname,email,lifecyclestage,num_notes,contract_renewal_on,newsletter_topics,company"
    return {record["id"]: record["properties"] for record in shared.walk(properties=names)}


def found(client, **body):
    ids, after = set(), "0"
    while True:
        page = client.search(**{"limit": 200, "after": after, **body}).json()
        ids |= {record["id"] for record in page["results"]}
        if "paging" not in page:
            assert len(ids) == page["total"]
            return ids
        after = page["paging"]["next"]["after"]


def expected(contacts, test):
    return {record_id for record_id, values in contacts.items() if test(values)}


def is_number(text, test):
    try:
        return bool(text) and test(float(text))
    except ValueError:
        return False


CASES = [
    (one("lifecyclestage", "EQ", value="customer"), lambda v: v["lifecyclestage"] == "customer"),
    (one("lifecyclestage", "NEQ", value="customer"), lambda v: v["lifecyclestage"] not in {"customer", None}),
    (one("lifecyclestage", "IN", values=["lead", "51439524"]), lambda v: v["lifecyclestage"] in {"lead", "51439524"}),
    (one("lifecyclestage", "NOT_IN", values=["lead"]), lambda v: v["lifecyclestage"] not in {"lead", None}),
    (one("email", "HAS_PROPERTY"), lambda v: bool(v["email"])),
    (one("email", "NOT_HAS_PROPERTY"), lambda v: not v["email"]),
    (one("num_notes", "EQ", value="3"), lambda v: is_number(v["num_notes"], lambda n: n == 3)),
    (one("num_notes", "GT", value="3"), lambda v: is_number(v["num_notes"], lambda n: n > 3)),
    (one("num_notes", "LTE", value="3"), lambda v: is_number(v["num_notes"], lambda n: n <= 3)),
    (one("num_notes", "BETWEEN", value="2", highValue="4"), lambda v: is_number(v["num_notes"], lambda n: 2 <= n <= 4)),
    (one("num_notes", "IN", values=["0", "1"]), lambda v: is_number(v["num_notes"], lambda n: n in {0, 1})),
    (one("num_notes", "NEQ", value="3"), lambda v: is_number(v["num_notes"], lambda n: n != 3)),
    (one("firstname", "EQ", value="ANNA"), lambda v: (v["firstname"] or "").lower() == "anna"),
    (one("firstname", "GTE", value="v"), lambda v: (v["firstname"] or "").lower() >= "v"),
    (
        one("company", "CONTAINS_TOKEN", value="logistics"),
        lambda v: "logistics" in (v["company"] or "").lower().split(),
    ),
    (one("email", "CONTAINS_TOKEN", value="*mailbox*"), lambda v: "mailbox" in (v["email"] or "")),
    (one("newsletter_topics", "IN", values=["tips"]), lambda v: "tips" in (v["newsletter_topics"] or "").split(";")),
    (
        one("contract_renewal_on", "LT", value="2026-11-23"),
        lambda v: bool(v["contract_renewal_on"]) and v["contract_renewal_on"] < "2026-11-23",
    ),
    (
        one("createdate", "GTE", value="1767225600000"),
        lambda v: v["createdate"] >= "2026-01-01T00:00:00.000Z",
    ),
    (
        one("createdate", "LT", value="2024-01-01T00:00:00.000Z"),
        lambda v: v["createdate"] < "2024-01-01T00:00:00.000Z",
    ),
]


@pytest.mark.parametrize(
    ("body", "test"), CASES, ids=[f"{c[0]['filterGroups'][0]['filters'][0]}"[18:70] for c in CASES]
)
def test_a_filter_finds_what_the_list_says_it_should(client, contacts, body, test):
    wanted = expected(contacts, test)

    assert wanted
    assert found(client, **body) == wanted


def test_filters_are_joined_by_and_groups_by_or(client, contacts):
    body = {
        "filterGroups": [
            {
                "filters": [
                    {"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"},
                    {"propertyName": "email", "operator": "NOT_HAS_PROPERTY"},
                ]
            },
            {"filters": [{"propertyName": "num_notes", "operator": "GT", "value": "20"}]},
        ]
    }

    assert found(client, **body) == expected(
        contacts,
        lambda v: (v["lifecyclestage"] == "lead" and not v["email"]) or is_number(v["num_notes"], lambda n: n > 20),
    )


def test_a_keyset_walk_over_record_ids_finds_everything_once(client, contacts):
    ids, after = [], 0
    while True:
        body = one("hs_object_id", "GTE", value=str(after))
        page = client.search(
            **body, limit=200, sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
        ).json()
        ids += [record["id"] for record in page["results"]]
        if "paging" not in page:
            break
        after = int(ids[-1]) + 1

    assert len(ids) == len(contacts)
    assert set(ids) == set(contacts)


@pytest.mark.parametrize("direction", ["ASCENDING", "DESCENDING"])
@pytest.mark.parametrize("name", ["lastmodifieddate", "num_notes", "lifecyclestage", "email", "hs_object_id"])
def test_a_sort_orders_records_and_puts_empty_ones_last(client, name, direction):
    page = client.search(
        properties=[name], limit=200, sorts=[{"propertyName": name, "direction": direction}], filterGroups=[]
    ).json()
    read = float if name in {"num_notes", "hs_object_id"} else str
    values = [read(record["properties"][name]) for record in page["results"] if record["properties"][name]]

    assert values == sorted(values, reverse=direction == "DESCENDING")
    assert len(values) > 100


def test_query_finds_words_that_begin_alike_in_any_script(client):
    for words in ("anna", "müll", "佐藤", "محمد"):
        page = client.search(query=words, limit=50, properties=["firstname", "lastname", "email", "company"]).json()
        assert page["total"] > 0
        for record in page["results"]:
            assert words in " ".join(str(value) for value in record["properties"].values()).lower()


def test_hs_lastmodifieddate_finds_no_contacts(client):
    assert client.search(**one("hs_lastmodifieddate", "GT", value="0")).json()["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 201},
        {"after": "9900", "limit": 200},
        {"after": "10001"},
        {"after": "x"},
        {"query": "x" * 3001},
        one("no_such_property", "EQ", value="1"),
        one("email", "LIKE", value="1"),
        one("email", "EQ"),
        one("email", "IN"),
        one("num_notes", "GT", value="many"),
        one("num_notes", "BETWEEN", value="1"),
        {"sorts": [{"propertyName": "email"}, {"propertyName": "phone"}]},
        {"filterGroups": [{"filters": []}] * 6},
        {"filterGroups": [{"filters": one("email", "HAS_PROPERTY")["filterGroups"][0]["filters"] * 7}]},
        {"filterGroups": "x"},
        {"properties": "email"},
    ],
)
def test_a_search_beyond_the_rules_is_a_validation_error(client, body):
    answer = client.search(**body)

    assert answer.status_code == 400
    assert answer.json()["category"] == "VALIDATION_ERROR"


def test_a_lagging_index_sees_edits_later_and_returns_fresh_values(start):
    client = start(index_lag_ms=60_000)
    before = client.search().json()["total"]
    done = client.http.post("/sandbox/edit", json={"create": 3, "update": 5}).json()
    stale = [record["properties"] for record in client.walk() if record["id"] in done["updated"]]

    assert client.search().json()["total"] == before
    found_now = client.search(**one("lastmodifieddate", "GTE", value=str(stale[0]["lastmodifieddate"]))).json()
    assert found_now["total"] == 0
    by_id = client.search(**one("hs_object_id", "EQ", value=done["updated"][0])).json()["results"][0]
    assert by_id["updatedAt"] == stale[0]["lastmodifieddate"]


def test_an_index_without_lag_sees_edits_at_once(start):
    client = start()
    done = client.http.post("/sandbox/edit", json={"create": 3, "update": 5, "archive": 2, "merge": 1}).json()
    moment = client.get(f"/crm/objects/2026-09/contacts/{done['updated'][0]}").json()["updatedAt"]

    changed = client.search(**one("lastmodifieddate", "GTE", value=moment), limit=200).json()

    assert {record["id"] for record in changed["results"]} == {
        *done["created"],
        *done["updated"],
        *(merge["id"] for merge in done["merged"]),
    }
