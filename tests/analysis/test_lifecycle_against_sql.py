"""Every figure of the lifecycle on random portals, against SQL over the sandbox's truth.

The records go the whole way, from a sandbox over the wire through a load into a joined frame. Then both sides, the
loaded frame and the texts of the truth, become the same other portal: other names of dates, other stages, another zone.
The SQL shares nothing with the analysis but the sentences that say what each figure means.
"""

import json
import os
import random
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import httpx
import pandas as pd
import pytest

from hubspot.analysis import lifecycle, records
from hubspot.analysis.lifecycle import answers, cohorts, funnel, generations, groups, journeys, moves, stays
from hubspot.analysis.lifecycle.stays import BUCKETS
from hubspot.analysis.questions import Question
from hubspot.api.client import HubSpot
from hubspot.portal import COMPANIES, CONTACTS, STAGE_DATES, Option
from hubspot.sync.frames import to_frame
from hubspot.sync.load import load
from tests.running import sandbox
from tests.sync.notebook import Notebook, Nowhere

BOTH = (CONTACTS, COMPANIES)
TODAY = date(2026, 11, 23)
NEWEST, OLDER, OLDEST = STAGE_DATES
SIZES = ((300, 80), (400, 60), (0, 0), (1, 1), (900, 250))
ZONES = ("Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Beirut", "Asia/Kolkata")
KINDS = ("mixed dates", "own stages", "as it is", "old dates", "no dates", "no owners", "no stages at all")
PORTALS = range(50 if os.environ.get("SOAK") else 2)


def some(figures):
    """Return the figures whose records are looked at: all of them in the long form, else a few."""
    figures = list(figures)
    return figures if os.environ.get("SOAK") else random.Random(0).sample(figures, min(len(figures), 2))


STAY = "case {} end".format(
    " ".join(
        f"when waited between {low} and {high} then '{bucket}'"
        for bucket, low, high in zip(BUCKETS, (0, 8, 31, 91, 181, 366), (7, 30, 90, 180, 365, 10**9), strict=True)
    )
)


@dataclass
class Evidence:
    """A portal twice: `frames` as they were loaded, and the truth behind `sql`, in tables named by object type."""

    portal: object
    frames: dict
    sql: duckdb.DuckDBPyConnection

    def way(self, object_type):
        return journeys(self.frames[object_type], self.portal, object_type)

    def ask(self, object_type, query, *parts):
        text = query.replace("{way}", f"{object_type}_way").replace("{entered}", f"{object_type}_entered")
        return self.sql.execute(text, list(parts)).fetchall()

    def ids(self, function, object_type, *details):
        question = Question("", object_type, details)
        return sorted(function(self.frames, self.portal, question, TODAY)["hs_object_id"].tolist())


@pytest.fixture(scope="module", params=PORTALS, ids=str)
def evidence(request, tmp_path_factory):
    number = request.param
    draw = random.Random(number)
    contacts, companies = SIZES[number % len(SIZES)]
    options = ("--contacts", contacts, "--companies", companies, "--seed", number, "--today", TODAY, "--no-limits")
    with (
        sandbox(tmp_path_factory.mktemp("sandbox") / "log", *options) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        if contacts > 1:
            for object_type in BOTH:
                edits = {"update": 40, "archive": 5, "merge": 3, "object_type": object_type}
                http.post("/sandbox/edit", json=edits).raise_for_status()
        found = loaded(http, server.url, server.ready["hub_id"])
        truth = told(http)
    twist(found, truth, kind=KINDS[number % len(KINDS)], zone=ZONES[(number + number // 5) % len(ZONES)], draw=draw)
    with duckdb.connect() as sql:
        found.sql = sql
        for object_type in BOTH:
            tell(sql, object_type, truth[object_type], found.portal)
        yield found


def loaded(http, address, hub_id):
    hubspot = HubSpot(address)
    try:
        client = hubspot.client(hub_id, lambda _rejected: http.post("/sandbox/token", json={}).json()["access_token"])
        found = load(client, BOTH, Notebook(), Nowhere())
    finally:
        hubspot.close()
    contacts, companies = (to_frame(found.tables[object_type]) for object_type in BOTH)
    frames = {
        CONTACTS: records.contacts_joined(contacts, companies),
        COMPANIES: records.companies_joined(companies, contacts),
    }
    return Evidence(found.portal, frames, None)


def told(http):
    found = {object_type: [] for object_type in BOTH}
    for line in map(json.loads, http.get("/sandbox/truth", params={"kinds": "record"}).text.splitlines()):
        if not line["archived"]:
            found[line["object_type"]].append(line["properties"])
    return found


def twist(found, truth, *, kind, zone, draw):
    """Make another portal of one, on both sides."""
    found.portal = replace(found.portal, account=replace(found.portal.account, time_zone=zone))
    for object_type in BOTH:
        names = [stage.value for stage in found.portal.stages(object_type)]
        for name in names:
            if kind in {"old dates", "mixed dates"}:
                pattern = OLDER if draw.random() < 0.5 else OLDEST
                share = 1 if kind == "old dates" else 0.4
                _age(found, truth, object_type, NEWEST.format(name), pattern.format(name), share=share, draw=draw)
            if kind == "no dates" or (kind == "own stages" and name == names[2]):
                _drop(found, truth, object_type, NEWEST.format(name))
        if kind == "no owners":
            _drop(found, truth, object_type, "hubspot_owner_id")
        if kind == "own stages":
            _restage(found, truth, object_type, names, draw)
        if kind == "no stages at all":
            _drop(found, truth, object_type, "lifecyclestage")


def _age(found, truth, object_type, new, old, *, share, draw):
    """Give some records, or all, their date under an older name."""
    frame = found.frames[object_type]
    moved = {record["hs_object_id"] for record in truth[object_type] if draw.random() < share}
    mask = frame["hs_object_id"].astype("str").isin(moved).to_numpy()
    aged = frame[new].where(mask)
    found.frames[object_type] = frame.assign(**{old: aged, new: frame[new].where(~mask)})
    if share == 1:
        found.frames[object_type] = found.frames[object_type].drop(columns=new)
    for record in truth[object_type]:
        if record["hs_object_id"] in moved:
            record[old], record[new] = record.get(new), None


def _drop(found, truth, object_type, name):
    found.frames[object_type] = found.frames[object_type].drop(columns=name)
    for record in truth[object_type]:
        record.pop(name, None)


def _restage(found, truth, object_type, names, draw):
    """Order the stages anew, call them otherwise, and take one away, dates and all, that records still hold."""
    kept = draw.sample(names, len(names))
    # The third has lost its dates already.
    gone = kept.pop(0 if kept[0] != names[2] else 1)
    _drop(found, truth, object_type, NEWEST.format(gone))
    options = tuple(Option(name, f"Own {name}", order) for order, name in enumerate(kept))
    definitions = tuple(
        replace(each, options=options) if each.name == "lifecyclestage" else each
        for each in found.portal.properties[object_type]
    )
    found.portal = replace(found.portal, properties={**found.portal.properties, object_type: definitions})


def tell(sql, object_type, properties, portal):
    """Store records as SQL: `_way` has a row per record, `_entered` one per record and stage of the portal."""
    zone = portal.account.time_zone
    columns = ["hs_object_id", "lifecyclestage", "hs_analytics_source", "hubspot_owner_id", "createdate"]
    sql.execute(f"create table {object_type}_stages (pos int, stage varchar)")
    sql.execute(f"create table {object_type}_raw (id bigint, stage varchar, a varchar, b varchar, c varchar)")
    sql.execute(f"create table {object_type}_told ({', '.join(f'{name} varchar' for name in columns)})")
    stages = [stage.value for stage in portal.stages(object_type)]
    rows = [[record.get(name) or None for name in columns] for record in properties]
    dates = [
        [record["hs_object_id"], stage, *(record.get(pattern.format(stage)) or None for pattern in STAGE_DATES)]
        for record in properties
        for stage in stages
    ]
    for table, told_rows in (("told", rows), ("raw", dates), ("stages", list(enumerate(stages)))):
        if told_rows:
            sql.register("given", pd.DataFrame(told_rows, dtype="object"))
            sql.execute(f"insert into {object_type}_{table} select * from given")
            sql.unregister("given")
    sql.execute(f"""
        create table {object_type}_way as
        select hs_object_id::bigint as id, lifecyclestage as stage, s.pos as pos, hs_analytics_source as source,
            hubspot_owner_id as owner, timezone('{zone}', createdate::timestamptz)::date as born
        from {object_type}_told left join {object_type}_stages s on s.stage = lifecyclestage""")
    sql.execute(f"""
        create table {object_type}_entered as
        with e as (select id, stage, coalesce(a, b, c)::timestamptz as moment from {object_type}_raw)
        select e.id, e.stage, s.pos as pos, moment, timezone('{zone}', moment)::date as day,
            moment is not null or e.stage is not distinct from w.stage as reached, w.stage as now, w.born
        from e join {object_type}_way w using (id) join {object_type}_stages s on s.stage = e.stage""")


def rows_of(frame, *columns):
    """Return rows as tuples in which what is missing is None, and shares and medians are rounded."""
    return [tuple(map(_plain, row)) for row in frame[list(columns)].itertuples(index=False)]


def plain(found):
    return [tuple(map(_plain, row)) for row in found]


def _plain(value):
    if value is None or value != value:  # noqa: PLR0124 (only NaN differs from itself)
        return None
    return value if isinstance(value, str) else round(float(value), 9)


def dated(evidence, object_type):
    """The stages that have dates at all, in order: a column that the portal has, full or not."""
    frame = evidence.frames[object_type]
    stages = [stage.value for stage in evidence.portal.stages(object_type)]
    return [name for name in stages if any(pattern.format(name) in frame for pattern in STAGE_DATES)]


FUNNEL = """
    with s as (select unnest(?::varchar[]) as stage, unnest(range(len(?::varchar[]))) as place),
    r as (select id, e.stage, moment, day, s.place, reached from {entered} e join s on s.stage = e.stage),
    p as (select *, min(reached::int) over (partition by id order by place)::bool as through from r),
    m as (select *, case when ? = 'all-stages' then through else reached end as here from p),
    j as (select b.*, a.here as before, a.reached as above, a.moment as moment_above, a.day as day_above,
            f.here as started
        from m b left join m a on a.id = b.id and a.place = b.place - 1 join m f on f.id = b.id and f.place = 0)
    select stage, count(*) filter (here),
        case when place > 0 then count(*) filter (here and before) / nullif(count(*) filter (before), 0) end,
        count(*) filter (here and started) / nullif(count(*) filter (started), 0),
        median(greatest(day - day_above, 0)) filter (here and above and moment >= moment_above),
        count(*) filter (here and above and moment >= moment_above),
        count(*) filter (here and not above),
        count(*) filter (here and above and (moment is null or moment_above is null)),
        count(*) filter (here and above and moment < moment_above)
    from j group by stage, place order by place"""
COLUMNS = ("value", "reached", "share", "cumulative", "days", "timed", "skipped", "undated", "backwards")


@pytest.mark.parametrize("object_type", BOTH)
@pytest.mark.parametrize("mode", [lifecycle.ANY_STAGE, lifecycle.ALL_STAGES])
def test_the_funnel_over_all_stages_and_over_some(evidence, object_type, mode):
    stages = dated(evidence, object_type)
    for chosen in (stages, stages[1::2]):
        found = funnel(evidence.way(object_type), mode, chosen=chosen)

        expected = plain(evidence.ask(object_type, FUNNEL, chosen, chosen, mode)) if len(found.rows) else []
        if found.n:
            assert rows_of(found.rows, *COLUMNS) == expected
        else:
            assert found.rows["reached"].sum() == 0
        for value, reached, *_, timed, skipped, undated, backwards in some(rows_of(found.rows, *COLUMNS)):
            assert len(evidence.ids(answers.reached, object_type, mode, value, *chosen)) == reached
            parts = {"timed": timed, "skipped": skipped, "undated": undated, "backwards": backwards}
            for part, count in some(parts.items()):
                assert len(evidence.ids(answers.moved, object_type, mode, part, value, *chosen)) == count


@pytest.mark.parametrize("object_type", BOTH)
def test_where_the_dates_come_from(evidence, object_type):
    found = {
        each.pattern: (each.stages, each.dates)
        for each in generations(evidence.frames[object_type], evidence.portal, object_type)
    }

    raw = f"{object_type}_raw"
    counts = evidence.sql.execute(
        f"select count(a), count(b) filter (a is null), count(c) filter (a is null and b is null) from {raw}"
    ).fetchone()
    frame = evidence.frames[object_type]
    names = [stage.value for stage in evidence.portal.stages(object_type)]
    columns = [sum(pattern.format(name) in frame for name in names) for pattern in STAGE_DATES]
    expected = {
        pattern: (stages, dates) for pattern, stages, dates in zip(STAGE_DATES, columns, counts, strict=True) if stages
    }
    assert found == expected


STAYS = f"""
    with w as (select w.*, ?::date - e.day as waited from {{way}} w
        left join {{entered}} e on e.id = w.id and e.stage = w.stage),
    b as (select *, {STAY} as bucket from w)
    select stage, count(*), {", ".join(f"count(*) filter (bucket = '{bucket}')" for bucket in BUCKETS)},
        count(*) filter (bucket is null), median(waited) filter (bucket is not null)
    from b group by stage"""
USUAL = """
    with later as (
        select a.id, a.stage, min(greatest(b.day - a.day, 0)) as days
        from {entered} a join {entered} b on b.id = a.id and b.pos > a.pos and b.moment >= a.moment
        where a.now is distinct from a.stage group by 1, 2),
    u as (select stage, count(*) as gone, median(days) as usual from later group by stage)
    select e.stage, coalesce(any_value(u.gone), 0), any_value(u.usual),
        case when any_value(u.gone) >= 10 and any_value(u.gone) >= 0.25 * count(*) filter (e.reached)
            then greatest(2 * any_value(u.usual), 7) end
    from {entered} e left join u on u.stage = e.stage group by e.stage"""


@pytest.mark.parametrize("object_type", BOTH)
def test_how_long_records_have_been_in_their_stage(evidence, object_type):
    found = stays(evidence.way(object_type), TODAY)

    expected = {row[0] or "": row[1:] for row in plain(evidence.ask(object_type, STAYS, TODAY))}
    shown = {row[0]: row[1:] for row in rows_of(found.rows, "value", "records", *BUCKETS, "undated", "median")}
    assert {value: row for value, row in shown.items() if row[0]} == expected
    assert list(shown)[-1] == ""
    assert sum(row[0] for row in shown.values()) == found.n
    for value, (count, *buckets, undated, _) in some(shown.items()):
        assert len(evidence.ids(answers.stayed, object_type, value, answers.ALL)) == count
        assert len(evidence.ids(answers.stayed, object_type, value, answers.UNDATED)) == undated
        for bucket, records_in_it in some(zip(BUCKETS, buckets, strict=True)):
            assert len(evidence.ids(answers.stayed, object_type, value, bucket)) == records_in_it


@pytest.mark.parametrize("object_type", BOTH)
def test_what_is_usual_and_who_is_stuck(evidence, object_type):
    found = stays(evidence.way(object_type), TODAY).rows
    usual = {row[0]: row[1:] for row in plain(evidence.ask(object_type, USUAL))}

    names = [stage.value for stage in evidence.portal.stages(object_type)]
    mine = {row[0]: row[1:] for row in rows_of(found, "value", "gone_on", "usual", "limit") if row[0] in names}
    assert {value: row for value, row in mine.items() if value in usual} == usual
    waiting = evidence.ask(
        object_type,
        "select w.id, w.stage, ?::date - e.day from {way} w join {entered} e on e.id = w.id and e.stage = w.stage",
        TODAY,
    )
    stuck = sorted(
        id_ for id_, stage, waited in waiting if waited is not None and usual[stage][2] and waited > usual[stage][2]
    )
    assert evidence.ids(answers.stuck, object_type) == stuck
    assert found["stuck"].sum() == len(stuck)


COHORTS = """
    with w as (select id, datediff('month', ?::date, born) as cohort from {way}),
    l as (select w.cohort, e.stage, e.id,
        case when e.moment is not null then greatest(datediff('month', e.born, e.day), 0) end as lag, e.reached
        from w join {entered} e using (id) where w.cohort between 0 and 12)
    select stage, cohort, list_transform(range(13 - cohort), lambda n: len(list_filter(list(lag), lambda x: x <= n))),
        count(*) filter (reached and lag is null)
    from l group by stage, cohort"""
SIZES_OF_MONTHS = (
    "select datediff('month', ?::date, born) as c, count(*) from {way} where c between 0 and 12 group by 1"
)
FIRST = date(2025, 11, 1)


@pytest.mark.parametrize("object_type", BOTH)
def test_how_many_of_each_month_got_how_far(evidence, object_type):
    found = cohorts(evidence.way(object_type), TODAY)

    sizes = dict(evidence.ask(object_type, SIZES_OF_MONTHS, FIRST))
    assert found.months[0] == FIRST
    assert list(found.sizes) == [sizes.get(month, 0) for month in range(13)]
    assert sum(found.sizes) + found.outside + found.unknown == len(evidence.frames[object_type])
    expected = {
        (stage, month): (counts, undated) for stage, month, counts, undated in evidence.ask(object_type, COHORTS, FIRST)
    }
    for place, value in enumerate(found.stages):
        for month in range(13):
            counts, undated = expected.get((value, month), ([0] * (13 - month), 0))
            assert found.entered[place, month].tolist() == counts + [-1] * month
            assert found.undated[place, month] == undated
    first = found.months[9].isoformat()
    for place, value in some(enumerate(found.stages)):
        assert len(evidence.ids(answers.cohort, object_type, value, first, 2)) == found.entered[place, 9, 2]
        assert len(evidence.ids(answers.cohort, object_type, value, first, -1)) == found.sizes[9]


BACK = """
    with stops as (
        select id, pos, row_number() over (partition by id order by moment, pos) as turn
        from {entered} where moment is not null
        union all
        select w.id, w.pos, 1000 from {way} w where w.pos is not null
            and exists (select 1 from {entered} e where e.id = w.id and e.moment is not null)),
    hops as (select id, lag(pos) over (partition by id order by turn) as origin, pos as target from stops)
    select origin, target, id from hops where target < origin"""
SKIPS = """
    select a.stage, count(distinct a.id), count(distinct a.id) filter (not a.reached)
    from {entered} a join {entered} b on b.id = a.id and b.pos > a.pos and b.reached
    where a.stage in (select unnest(?::varchar[])) and b.stage in (select unnest(?::varchar[])) group by a.stage"""


@pytest.mark.parametrize("object_type", BOTH)
def test_who_went_back_and_who_skipped_a_stage(evidence, object_type):
    found = moves(evidence.way(object_type))
    names = [stage.value for stage in evidence.portal.stages(object_type)]

    hops = {}
    for origin, target, id_ in evidence.ask(object_type, BACK):
        hops.setdefault((names[origin], names[target]), []).append(id_)
    assert {row[:2]: row[2] for row in rows_of(found.back, "origin", "target", "records")} == {
        pair: len(ids) for pair, ids in hops.items()
    }
    for pair, ids in some(hops.items()):
        assert evidence.ids(answers.went_back, object_type, *pair) == sorted(ids)
    everybody = sorted({id_ for ids in hops.values() for id_ in ids})
    assert evidence.ids(answers.went_back, object_type) == everybody
    assert found.went_back == len(everybody)
    stages = dated(evidence, object_type)
    skips = {row[0]: row[1:] for row in evidence.ask(object_type, SKIPS, stages, stages)}
    shown = rows_of(found.skipped, "value", "passed", "skipped")
    assert shown == [(value, *skips.get(value, (0, 0))) for value in stages[:-1]]
    for value, passed, never in some(shown):
        assert len(evidence.ids(answers.skipped, object_type, value, "skipped")) == never
        assert len(evidence.ids(answers.skipped, object_type, value, "passed")) == passed


GROUPS = """
    select coalesce(w.{by}, ''), count(*), count(*) filter (a.reached), count(*) filter (a.reached and b.reached),
        count(*) filter (a.reached and b.reached) / nullif(count(*) filter (a.reached), 0),
        median(greatest(b.day - a.day, 0)) filter (b.moment >= a.moment), count(*) filter (b.moment >= a.moment)
    from {way} w join {entered} a on a.id = w.id and a.stage = ? join {entered} b on b.id = w.id and b.stage = ?
    group by 1"""


@pytest.mark.parametrize("object_type", BOTH)
@pytest.mark.parametrize(("column", "by"), [("hs_analytics_source", "source"), ("hubspot_owner_id", "owner")])
def test_how_many_of_each_source_and_owner_got_from_one_stage_to_another(evidence, object_type, column, by):
    way, frame = evidence.way(object_type), evidence.frames[object_type]
    for first, second in some(zip(way.known, way.known[2:], strict=False)):
        found = groups(
            frame, way, column, portal=evidence.portal, object_type=object_type, first=first, second=second
        ).rows

        pair = (way.stages[first], way.stages[second])
        expected = plain(evidence.ask(object_type, GROUPS.replace("{by}", by), *pair))
        names = ("value", "records", "started", "arrived", "share", "days", "timed")
        assert sorted(rows_of(found, *names), key=str) == sorted(expected, key=str)
        for value, count, started, arrived, _, _, timed in some(rows_of(found, *names)):
            kinds = {answers.ALL: count, answers.STARTED: started, answers.ARRIVED: arrived, answers.TIMED: timed}
            for which, expected_count in some(kinds.items()):
                ids = evidence.ids(answers.grouped, object_type, column, value, *pair, which)
                assert len(ids) == expected_count
