import pytest

from hubspot.sandbox.conditions import OPERATORS

ENTERED, STAYED = "hs_v2_date_entered_lead", "hs_v2_cumulative_time_in_lead"


def one(name, operator, **operands):
    return {"filterGroups": [{"filters": [{"propertyName": name, "operator": operator, **operands}]}]}


@pytest.fixture(scope="module")
def contacts(shared):
    """All live contacts by id, as the list tells them."""
    shared.grant()
    names = "firstname,email,lifecyclestage,num_notes,contract_renewal_on,newsletter_topics,company"
    names += f",{ENTERED},{STAYED}"
    return {record["id"]: record["properties"] for record in shared.walk(properties=names)}


def found(client, object_type="contacts", **body):
    ids, after = set(), "0"
    while True:
        page = client.search(object_type, **{"limit": 200, "after": after, **body}).json()
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
    (
        one("company", "NOT_CONTAINS_TOKEN", value="logistics"),
        lambda v: bool(v["company"]) and "logistics" not in v["company"].lower().split(),
    ),
    (one("num_notes", "LT", value="3"), lambda v: is_number(v["num_notes"], lambda n: n < 3)),
    (one("num_notes", "GTE", value="3"), lambda v: is_number(v["num_notes"], lambda n: n >= 3)),
    (one("num_notes", "NOT_IN", values=["0", "1"]), lambda v: is_number(v["num_notes"], lambda n: n not in {0, 1})),
    (one("firstname", "IN", values=["anna", "paul"]), lambda v: (v["firstname"] or "").lower() in {"anna", "paul"}),
    (one("email", "CONTAINS_TOKEN", value="*mailbox*"), lambda v: "mailbox" in (v["email"] or "")),
    (one("newsletter_topics", "IN", values=["tips"]), lambda v: "tips" in (v["newsletter_topics"] or "").split(";")),
    (
        one("contract_renewal_on", "LT", value="2026-11-23"),
        lambda v: bool(v["contract_renewal_on"]) and v["contract_renewal_on"] < "2026-11-23",
    ),
    (one(ENTERED, "HAS_PROPERTY"), lambda v: bool(v[ENTERED])),
    (one(ENTERED, "GTE", value="1767225600000"), lambda v: (v[ENTERED] or "") >= "2026-01-01T00:00:00.000Z"),
    (one(STAYED, "GT", value="86400000"), lambda v: is_number(v[STAYED], lambda n: n > 86_400_000)),
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


def test_the_cases_use_all_thirteen_operators():
    used = {case[0]["filterGroups"][0]["filters"][0]["operator"] for case in CASES}

    assert used == OPERATORS
    assert len(used) == 13


def test_hs_lastmodifieddate_finds_no_contacts(client):
    for operator, operands in (("GT", {"value": "0"}), ("HAS_PROPERTY", {})):
        assert client.search(**one("hs_lastmodifieddate", operator, **operands)).json()["total"] == 0
    assert client.search("companies", **one("hs_lastmodifieddate", "HAS_PROPERTY")).json()["total"] > 0


def test_texts_in_a_list_must_be_in_lower_case_and_options_as_they_are(client):
    assert client.search(**one("firstname", "IN", values=["Anna"])).json()["total"] == 0
    assert client.search(**one("firstname", "IN", values=["anna"])).json()["total"] > 0
    assert client.search(**one("lifecyclestage", "EQ", value="LEAD")).json()["total"] == 0


def test_numbers_and_truths_may_be_written_without_quotes(client):
    for name, value in (("num_notes", 3), ("hs_email_optout", True)):
        written = client.search(**one(name, "EQ", value=value)).json()["total"]
        quoted = client.search(**one(name, "EQ", value=str(value).lower())).json()["total"]
        assert written == quoted > 0


def test_filters_at_the_top_are_one_group(client):
    (group,) = one("lifecyclestage", "EQ", value="lead")["filterGroups"]

    totals = [
        client.search(**body).json()["total"] for body in ({"filters": group["filters"]}, {"filterGroups": [group]})
    ]
    assert totals[0] == totals[1] > 0


def test_a_body_without_members_finds_everything_oldest_first(client, contacts):
    answer = client.search().json()

    created = [record["createdAt"] for record in answer["results"]]
    assert answer["total"] == len(contacts)
    assert len(created) == 10
    assert created == sorted(created)


def test_a_sort_may_be_a_name_or_one_after_a_minus(client):
    def ids(sort):
        return [record["id"] for record in client.search(sorts=[sort], limit=50).json()["results"]]

    assert ids("createdate") == ids({"propertyName": "createdate", "direction": "ASCENDING"})
    assert ids("-createdate") == ids({"propertyName": "createdate", "direction": "DESCENDING"})
    assert ids({"propertyName": "createdate"}) == ids("createdate")


@pytest.mark.parametrize(
    ("object_type", "name"),
    [
        *(("contacts", name) for name in ("firstname", "lastname", "email", "phone", "company", "mobilephone")),
        *(("companies", name) for name in ("name", "domain", "website", "phone")),
    ],
)
def test_query_looks_at_the_documented_default_properties(client, object_type, name):
    record = next(
        r for r in client.walk(object_type, properties=name) if (r["properties"][name] or "").strip("=@+<").strip()
    )
    words = record["properties"][name].split()[0]

    assert record["id"] in found(client, query=words, object_type=object_type)


def test_query_looks_at_nothing_else(client):
    page = client.search(**one("city", "HAS_PROPERTY"), properties=["city"], limit=1).json()
    city = page["results"][0]["properties"]["city"]

    names = ["firstname", "lastname", "email", "phone", "company", "mobilephone"]
    for record in client.search(query=city, properties=names, limit=50).json()["results"]:
        assert city.lower() in " ".join(str(value) for value in record["properties"].values()).lower()


def test_pages_end_at_ten_thousand(start):
    client = start(contacts=10_400, companies=0)
    last = client.search(after="9800", limit=200, properties=["email"]).json()

    assert last["total"] > 10_000
    assert len(last["results"]) == 200
    assert last["paging"]["next"]["after"] == "10000"
    assert client.search(after="10000", limit=1).status_code == 400
    assert client.search(after="9801", limit=200).status_code == 400


def test_archived_records_are_never_found(client):
    archived = client.walk(archived="true")[0]

    assert client.search(**one("hs_object_id", "EQ", value=archived["id"])).json()["total"] == 0


def test_results_carry_no_associations(client):
    page = client.search(**one("associatedcompanyid", "HAS_PROPERTY"), limit=50).json()

    assert page["results"]
    assert all("associations" not in record for record in page["results"])


def test_the_limits_of_filters_are_inclusive(client):
    each = {"propertyName": "email", "operator": "HAS_PROPERTY"}

    for sizes, status in (([6, 6, 6], 200), ([6, 6, 6, 1], 400), ([1] * 5, 200), ([1] * 6, 400), ([7], 400)):
        groups = [{"filters": [each] * size} for size in sizes]
        assert client.search(filterGroups=groups).status_code == status


def test_a_query_of_3000_characters_is_the_longest(client):
    assert client.search(query="x" * 3000).status_code == 200
    assert client.search(query="x" * 3001).status_code == 400


def test_a_long_list_of_properties_is_no_trouble(client):
    assert client.search(properties=[f"unknown_property_{number}" for number in range(400)]).status_code == 200


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
        {"query": 5},
        {"sorts": [{"propertyName": "email", "direction": "UP"}]},
        {"sorts": [{"propertyName": "no_such_property"}]},
        {"sorts": "email"},
        {"filterGroups": [{"filters": "x"}]},
        {"filterGroups": [{"filters": ["x"]}]},
        {"filterGroups": ["x"]},
        {"limit": 0},
        {"limit": "many"},
        one("email", "IN", value="a"),
        one("email", "IN", values="abc"),
        one("email", "IN", values=[]),
        one("email", "IN", values=[None]),
        one("email", "EQ", value=None),
        one("email", "EQ", value={"a": 1}),
        one("email", "EQ", values=["a"]),
        one("num_notes", "BETWEEN", highValue="1"),
        one("createdate", "GT", value="yesterday"),
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
    edited = {record["id"]: record["updatedAt"] for record in client.walk() if record["id"] in done["updated"]}

    assert len(edited) == 5
    assert client.search().json()["total"] == before
    assert client.search(**one("lastmodifieddate", "GTE", value=min(edited.values()))).json()["total"] == 0
    for record_id, moment in edited.items():
        (found_again,) = client.search(**one("hs_object_id", "EQ", value=record_id)).json()["results"]
        assert found_again["updatedAt"] == moment


def test_an_index_without_lag_sees_edits_at_once(start):
    client = start()
    newest = max(record["updatedAt"] for record in client.walk())
    done = client.http.post("/sandbox/edit", json={"create": 3, "update": 5, "archive": 2, "merge": 1}).json()

    changed = client.search(**one("lastmodifieddate", "GT", value=newest), limit=200).json()

    assert {record["id"] for record in changed["results"]} == {
        *done["created"],
        *done["updated"],
        *(merge["id"] for merge in done["merged"]),
    }
