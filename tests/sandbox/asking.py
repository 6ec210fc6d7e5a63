"""Random requests to every route that HubSpot's files describe, right ones and wrong ones."""

import re
from dataclasses import dataclass, field
from urllib.parse import urlencode

from hypothesis import strategies as st

from hubspot.sandbox.config import CLIENT_ID, CLIENT_SECRET

VERSION = "2026-09"


@dataclass(frozen=True)
class Asked:
    """One request; `template` is its path as the files write it, `json` or `form` its body."""

    method: str
    template: str
    values: dict = field(default_factory=dict)
    params: tuple = ()
    json: object = None
    form: dict | None = None

    @property
    def path(self):
        return re.sub(r"\{(\w+)\}", lambda name: self.values[name[1]], self.template)


@dataclass(frozen=True)
class Portal:
    """A running sandbox, an account of it with a token, and ids and values that exist there."""

    client: object
    token: str
    refresh_token: str
    known: dict


# Indices into what a portal knows; every portal has something at every index, because they wrap round.
INDEX = st.integers(0, 30)
OBJECT_NAMES = st.sampled_from(
    ["contacts", "companies", "deals"] * 3 + ["contact", "0-2", "DEAL", "tickets", "unicorns"]
)
PROPERTY_NAMES = st.sampled_from(
    [
        *("email", "firstname", "name", "domain", "createdate", "hs_object_id", "lifecyclestage", "num_notes"),
        *("hs_lastmodifieddate", "lastmodifieddate", "newsletter_topics", "annualrevenue", "dealstage", "amount"),
        *("nothing", "é&=,"),
    ],
)
NAMES = st.lists(PROPERTY_NAMES, max_size=6)
FLAG = st.sampled_from(["true", "false", "maybe"])
PAGE_SIZES = st.sampled_from(["1", "3", "10", "50", "100", "0", "101", "500", "501", "many"])
AFTERS = st.one_of(st.tuples(st.just("after"), INDEX), st.sampled_from(["0", "1", "x", "", "99999999999999999"]))
RECORD_IDS = st.one_of(st.tuples(st.just("id"), INDEX), st.sampled_from(["1", "abc", "9" * 25]))
EMAILS = st.tuples(st.just("email"), INDEX)
OPERATORS = st.sampled_from(
    [
        *("EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"),
        *("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN", "LIKE"),
    ],
)
OPERANDS = st.sampled_from(["lead", "3", "1767225600000", "2026-01-01", "true", "a*", "", "anna", "🦊"])


def optional(**strategies):
    """Some of these query parameters."""
    return st.fixed_dictionaries({}, optional=strategies).map(lambda chosen: tuple(chosen.items()))


def object_path(rest=""):
    return f"/crm/objects/{VERSION}/{{objectType}}{rest}"


FILTERS = st.fixed_dictionaries(
    {"propertyName": st.one_of(PROPERTY_NAMES, st.sampled_from(["associations.company", "associations.contact"]))},
    optional={
        "operator": OPERATORS,
        "value": OPERANDS,
        "highValue": OPERANDS,
        "values": st.lists(OPERANDS, max_size=3),
    },
)
SEARCHES = st.fixed_dictionaries(
    {},
    optional={
        "filterGroups": st.lists(st.fixed_dictionaries({"filters": st.lists(FILTERS, max_size=3)}), max_size=3),
        "sorts": st.lists(st.one_of(PROPERTY_NAMES, st.just({"propertyName": "createdate"})), max_size=1),
        "query": st.sampled_from(["", "anna", "north", "x" * 3001]),
        "limit": st.sampled_from([1, 5, 20, 200, 201, 0]),
        "after": st.sampled_from(["0", "3", "9990", "10001", "x", 4]),
        "properties": NAMES,
    },
)
WIDER = {
    "properties": NAMES.map(",".join),
    "propertiesWithHistory": NAMES.map(",".join),
    "associations": st.sampled_from(["companies", "contacts", "companies,deals", "0-1,nothing"]),
    "archived": FLAG,
}


def asks(method, template, **parts):
    strategies = {"values": st.just({}), "params": st.just(()), "json": st.none(), "form": st.none(), **parts}
    return st.builds(Asked, method=st.just(method), template=st.just(template), **strategies)


def values(**strategies):
    return st.fixed_dictionaries(strategies)


def batch(inputs, largest=100, **more):
    lists = st.one_of(st.lists(inputs, max_size=8), st.lists(inputs, min_size=1, max_size=1).map(lambda x: x * largest))
    return st.fixed_dictionaries({"inputs": lists}, optional=more)


OBJECT = values(objectType=OBJECT_NAMES)
LISTS = asks("GET", object_path(), values=OBJECT, params=optional(limit=PAGE_SIZES, after=AFTERS, **WIDER))
RECORDS = asks(
    "GET",
    object_path("/{objectId}"),
    values=values(objectType=OBJECT_NAMES, objectId=st.one_of(RECORD_IDS, EMAILS)),
    params=optional(idProperty=st.sampled_from(["email", "hs_object_id", "erp_number", "firstname"]), **WIDER),
)
BATCHES = asks(
    "POST",
    object_path("/batch/read"),
    values=OBJECT,
    params=optional(archived=FLAG),
    json=batch(
        st.fixed_dictionaries({"id": st.one_of(RECORD_IDS, EMAILS)}),
        largest=101,
        properties=NAMES,
        propertiesWithHistory=NAMES,
        idProperty=st.sampled_from(["email", "firstname"]),
    ),
)
PROPERTIES = f"/crm/properties/{VERSION}/{{objectType}}"
GROUPS = st.sampled_from(["contactinformation", "companyinformation", "dealinformation", "nothing"])
PIPELINES = f"/crm/pipelines/{VERSION}/{{objectType}}"
PIPELINE = values(
    objectType=st.sampled_from(["deals", "0-3", "contacts", "tickets"]),
    pipelineId=st.sampled_from(["default", "nothing"]),
)
OWNERS = f"/crm/owners/{VERSION}"
TOKENS = st.sampled_from(["{access_token}", "{refresh_token}", "nonsense", ""])
CLIENT = {"client_id": st.sampled_from([CLIENT_ID] * 3 + ["x"]), "client_secret": st.sampled_from([CLIENT_SECRET] * 3)}
REQUESTS = st.one_of(
    LISTS,
    RECORDS,
    BATCHES,
    asks("POST", object_path("/search"), values=OBJECT, json=SEARCHES),
    asks(
        "POST",
        f"/crm/associations/{VERSION}/{{fromObjectType}}/{{toObjectType}}/batch/read",
        values=values(fromObjectType=OBJECT_NAMES, toObjectType=OBJECT_NAMES),
        json=batch(st.fixed_dictionaries({"id": RECORD_IDS}, optional={"after": st.sampled_from(["0", "x", "9"])})),
    ),
    asks("GET", PROPERTIES, values=OBJECT, params=optional(archived=FLAG, dataSensitivity=st.sampled_from("xy"))),
    asks("GET", f"{PROPERTIES}/{{propertyName}}", values=values(objectType=OBJECT_NAMES, propertyName=PROPERTY_NAMES)),
    asks("POST", f"{PROPERTIES}/batch/read", values=OBJECT, json=batch(values(name=PROPERTY_NAMES), largest=101)),
    asks("GET", f"{PROPERTIES}/groups", values=OBJECT),
    asks("GET", f"{PROPERTIES}/groups/{{groupName}}", values=values(objectType=OBJECT_NAMES, groupName=GROUPS)),
    asks("GET", OWNERS, params=optional(limit=PAGE_SIZES, after=AFTERS, archived=FLAG, email=EMAILS)),
    asks(
        "GET",
        f"{OWNERS}/{{ownerId}}",
        values=values(ownerId=st.sampled_from(["412034871", "705118226", "473381006", "48120553", "1"])),
        params=optional(archived=FLAG, idProperty=st.sampled_from(["id", "userId", "email"])),
    ),
    asks("GET", PIPELINES, values=OBJECT),
    asks("GET", f"{PIPELINES}/{{pipelineId}}", values=PIPELINE),
    asks("GET", f"{PIPELINES}/{{pipelineId}}/stages", values=PIPELINE),
    asks("GET", f"/account-info/{VERSION}/details"),
    *(
        asks("POST", f"/oauth/{VERSION}/token{end}", form=st.fixed_dictionaries(CLIENT, optional={"token": TOKENS}))
        for end in ("/introspect", "/revoke")
    ),
    asks(
        "POST",
        f"/oauth/{VERSION}/token",
        form=st.fixed_dictionaries(
            {**CLIENT, "grant_type": st.sampled_from(["refresh_token"] * 3 + ["authorization_code", "password"])},
            optional={"refresh_token": TOKENS, "code": st.just("na1-x"), "redirect_uri": st.just("http://localhost")},
        ),
    ),
)


def filled(portal, asked, given_):
    """Replace what stands for something that exists in this portal."""
    if isinstance(given_, tuple) and len(given_) == 2 and given_[0] in {"id", "email", "after"}:
        lists = {"email": portal.known["emails"], "after": portal.known["after"]}
        object_type = {"companies": "companies", "0-2": "companies", "deals": "deals", "DEAL": "deals"}
        origin = asked.values.get("objectType") or asked.values.get("fromObjectType", "")
        choices = lists.get(given_[0]) or portal.known[object_type.get(origin, "contacts")]
        return choices[given_[1] % len(choices)]
    if isinstance(given_, dict):
        return {name: filled(portal, asked, each) for name, each in given_.items()}
    if isinstance(given_, list):
        return [filled(portal, asked, each) for each in given_]
    if isinstance(given_, str):
        tokens = {"{access_token}": portal.token, "{refresh_token}": portal.refresh_token}
        return tokens.get(given_, given_)
    return given_


def send(portal, asked):
    """Send a request over a real socket; returns its path and the answer."""
    asked = Asked(
        asked.method,
        asked.template,
        filled(portal, asked, asked.values),
        tuple((name, filled(portal, asked, value)) for name, value in asked.params),
        filled(portal, asked, asked.json),
        filled(portal, asked, asked.form),
    )
    body = {"json": asked.json} if asked.json is not None else {"data": asked.form} if asked.form is not None else {}
    headers = {"Authorization": f"Bearer {portal.token}"}
    query = f"?{urlencode(asked.params)}" if asked.params else ""
    return asked.path, portal.client.http.request(asked.method, asked.path + query, headers=headers, **body)
