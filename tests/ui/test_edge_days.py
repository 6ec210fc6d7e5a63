"""The first and the last day that every time zone counts close no page and no file."""

import pytest

DATES = ("createdate", "notes_last_contacted", "notes_last_updated", "notes_next_activity_date", "closedate")
EDGES = ("0001-01-02T00:00:00Z", "9999-12-30T23:59:59.999Z")


@pytest.mark.parametrize("account", [0, 1], ids=["east of Greenwich", "west of it"])
def test_the_edges_of_the_calendar_close_no_page(connect, wire, truth, account):
    for kind in ("contacts", "companies"):
        stages = [name for name in truth[kind][0] if "date_entered_" in name]
        names = [name for name in (*DATES, *stages) if name in truth[kind][0]]
        ids = ids_of(wire, kind, account)
        records = [
            {"id": each, "properties": dict.fromkeys(names, edge)} for each, edge in zip(ids, EDGES, strict=False)
        ]
        edited = wire.http.post("/sandbox/edit", json={"object_type": kind, "account": account, "records": records})
        edited.raise_for_status()
    person = connect(account=account)

    for page in ("overview", "contacts", "companies", "lifecycle", "data_health", "connection"):
        assert not person.open(page).at.exception, page
    for page in ("contacts", "companies"):
        assert all(person.fetch(address).status_code == 200 for address in person.open(page).files.values())


def ids_of(wire, kind, account):
    """Return the ids of the first two records of an account."""
    headers = {"Authorization": f"Bearer {wire.token(account=account).access_token}"}
    found = wire.http.get(f"/crm/objects/2026-09/{kind}", params={"limit": 2}, headers=headers).json()
    return [each["id"] for each in found["results"]]
