import json
import tomllib
from datetime import date
from itertools import pairwise
from pathlib import Path

import plotly.io as pio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme

from hubspot.analysis.counts import OTHER, rank, timeline
from hubspot.analysis.lifecycle import stages
from hubspot.analysis.records import NO_VALUE
from hubspot.portal import CONTACTS, Owner
from hubspot.ui import charts, plotting
from hubspot.ui.numbers import EMPTY
from tests.analysis.factories import BERLIN, contacts, portal

CONFIG = Path(__file__).parent.parent.parent / ".streamlit" / "config.toml"
EVIL = "<a href='javascript:alert(1)'>x</a> & $y$ #000001"
DAY = "2026-11-02T00:00:00Z"


def owned(*owners, of=None):
    frame = contacts(*({"hubspot_owner_id": owner} for owner in owners))
    return rank(frame, "hubspot_owner_id", of or portal(), object_type=CONTACTS)


def weekly(*records, periods=None):
    frame = contacts(*({"createdate": when, "hs_analytics_source": source} for when, source in records))
    weeks = periods or BERLIN.last(3, "week")
    return timeline(frame, "hs_analytics_source", portal(), object_type=CONTACTS, periods=weeks)


def texts(figure):
    return [annotation.text for annotation in figure.layout.annotations]


@pytest.fixture
def template():
    configure_streamlit_plotly_theme()
    return pio.templates["streamlit"]


def test_the_placeholders_are_the_ones_streamlit_replaces(template):
    names = ("ACCENT", "SKY", "FOREST", "SAND", "PLUM", "OTHER", "NONE", "GRID", "INK", "SOFT")
    slots = tuple(getattr(plotting, name) for name in names)

    assert slots == template.layout.colorway
    assert template.data.table[0].cells.fill.color == plotting.PAPER


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_fills_every_slot_with_its_own_colour(theme):
    colours = tomllib.loads(CONFIG.read_text())["theme"][theme]["chartCategoricalColors"]

    assert len(set(colours)) == 10


def test_bars_stand_in_the_order_of_the_ranking_so_a_click_names_the_value():
    ranking = owned("100", "100", "101", None)

    bars = charts.ranked_bars(ranking).data[0]

    assert list(bars.x) == [2, 1, 1]
    assert list(bars.y) == [0, 1, 2]
    assert [point[0] for point in bars.customdata] == ranking.rows["value"].tolist() == ["100", "101", NO_VALUE]


def test_names_stand_left_and_counts_right_of_the_bars():
    figure = charts.ranked_bars(owned(*["100"] * 1204))

    assert texts(figure) == ["Maya Ortiz", "1,204"]
    assert (figure.layout.margin.l, figure.layout.margin.r) == (112, 48)
    assert [annotation.xshift for annotation in figure.layout.annotations] == [-112, 48]


def test_without_a_choice_every_bar_is_the_accent_and_no_value_is_grey():
    bars = charts.ranked_bars(owned("100", "101", None)).data[0]

    assert list(bars.marker.color) == [plotting.ACCENT, plotting.ACCENT, plotting.NONE]


def test_chosen_bars_are_the_accent_and_the_others_step_back():
    figure = charts.ranked_bars(owned("100", "101", None), chosen={"101"})

    assert list(figure.data[0].marker.color) == [plotting.OTHER, plotting.ACCENT, plotting.NONE]
    assert [annotation.font.color for annotation in figure.layout.annotations[:3]] == [
        plotting.SOFT,
        plotting.INK,
        plotting.SOFT,
    ]


def test_a_chosen_no_value_is_told_by_its_name():
    figure = charts.ranked_bars(owned("100", None), chosen={NO_VALUE})

    assert [annotation.font.color for annotation in figure.layout.annotations[:2]] == [plotting.SOFT, plotting.INK]


def test_a_row_is_as_high_in_a_long_chart_as_in_a_short_one():
    assert charts.ranked_bars(owned("100")).layout.height == 26
    assert charts.ranked_bars(owned("100", "101", "102")).layout.height == 78


def test_a_click_does_not_fade_the_other_bars():
    bars = charts.ranked_bars(owned("100")).data[0]

    assert bars.unselected.marker.opacity == bars.selected.marker.opacity == 1


def test_text_of_records_is_shown_letter_by_letter():
    figure = charts.ranked_bars(owned("100", of=portal(owners=(Owner("100", EVIL),))))
    shown = [*texts(figure), figure.layout.annotations[0].hovertext, *figure.data[0].customdata[0][1:]]

    assert not any("<" in text or "#0" in text for text in shown)
    assert figure.layout.annotations[0].hovertext == (
        "&lt;a href='javascript:alert(1)'&gt;x&lt;/a&gt; &amp; &#36;y&#36; &#35;000001"
    )
    assert EVIL not in figure.data[0].hovertemplate


def test_a_hostile_source_is_harmless_in_a_stack_too():
    figure = charts.timeline_bars(weekly(("2026-11-17T08:00:00Z", EVIL)))

    layer = figure.data[0]

    assert not any("<a" in text for text in [layer.name, layer.hovertemplate, *texts(figure), *layer.customdata[0][1:]])


def test_a_name_that_is_too_long_ends_in_an_ellipsis_and_is_whole_in_the_hover():
    figure = charts.ranked_bars(owned("100", of=portal(owners=(Owner("100", "Wolfeschlegelsteinhausenbergerdorff"),))))

    assert texts(figure)[0].endswith("…")
    assert figure.layout.annotations[0].hovertext == "Wolfeschlegelsteinhausenbergerdorff"


@given(st.text(max_size=60), st.integers(20, 200))
def test_a_fitted_text_is_never_wider_than_its_column(text, width):
    assert plotting.text_width(plotting.fitted(text, width)) <= width


def test_a_short_name_stays_as_it_is():
    assert plotting.fitted("Maya Ortiz", 104) == "Maya Ortiz"


def test_an_empty_ranking_is_an_empty_chart():
    figure = charts.ranked_bars(owned())

    assert len(figure.data[0].x) == 0
    assert charts.ranked_alt(owned(), "Contacts by owner") == "Contacts by owner. Nothing to count."


def test_a_ranking_can_be_heard():
    assert charts.ranked_alt(owned("100", "100", None), "Contacts by owner") == (
        "Contacts by owner. Maya Ortiz 2, No owner 1."
    )


def reached(*records):
    return stages(contacts(*records), portal(), CONTACTS)


def test_stages_show_how_many_reached_them_and_the_share_of_the_stage_before():
    figure = charts.stage_bars(
        reached(
            {"lifecyclestage": "lead", "hs_v2_date_entered_lead": DAY},
            {"lifecyclestage": "opportunity", "hs_v2_date_entered_lead": DAY, "hs_v2_date_entered_opportunity": DAY},
        )
    )

    assert texts(figure)[:4] == ["Subscriber", "Lead", "Opportunity", "Customer"]
    assert texts(figure)[4:8] == ["0", "2", "1", "0"]
    assert texts(figure)[8:] == ["now", EMPTY, "50%", ""]
    assert figure.layout.margin.r == 90


def test_a_stage_that_only_records_hold_shows_those_that_are_there_now():
    known = reached({"lifecyclestage": "retired"}, {"lifecyclestage": "lead", "hs_v2_date_entered_lead": DAY})

    assert list(charts.stage_bars(known).data[0].x) == [0, 1, 0, 0, 1]
    assert texts(charts.stage_bars(known))[-1] == "now"
    assert charts.stage_alt(known, "Stages").endswith("retired 1 now, without dates.")


def test_stages_without_dates_show_where_records_are_now():
    undated = contacts({"lifecyclestage": "lead"}).drop(
        columns=[f"hs_v2_date_entered_{stage}" for stage in ("lead", "opportunity", "customer")]
    )
    now = stages(undated, portal(), CONTACTS)

    assert list(charts.stage_bars(now).data[0].x) == [0, 1, 0, 0]
    assert charts.stage_bars(now).layout.margin.r == 48
    assert charts.stage_alt(now, "Stages") == "Stages. Subscriber 0, Lead 1, Opportunity 0, Customer 0."


def test_a_portal_without_stages_draws_nothing():
    none = stages(contacts({}), portal(stages={}), CONTACTS)

    assert len(charts.stage_bars(none).data[0].x) == 0
    assert charts.stage_alt(none, "Stages") == "Stages. No stages."


RECORDS = (
    *[("2026-11-11T08:00:00Z", "ORGANIC_SEARCH")] * 50,
    *[("2026-11-18T08:00:00Z", "ORGANIC_SEARCH")] * 40,
    *[("2026-11-18T08:00:00Z", "DIRECT_TRAFFIC")] * 2,
    *[("2026-11-18T08:00:00Z", "OFFLINE")],
    *[("2026-11-18T08:00:00Z", None)],
    ("2026-11-23T08:00:00Z", "ORGANIC_SEARCH"),
)


def test_a_stack_has_a_layer_per_kind_and_a_place_per_week():
    figure = charts.timeline_bars(weekly(*RECORDS))

    assert [layer.name for layer in figure.data] == ["Organic search", "Direct traffic", "Offline sources", "No value"]
    assert list(figure.data[0].y) == [50, 40, 1]
    assert [tuple(point[:2]) for point in figure.data[1].customdata] == [
        ("DIRECT_TRAFFIC", "2026-11-09"),
        ("DIRECT_TRAFFIC", "2026-11-16"),
        ("DIRECT_TRAFFIC", "2026-11-23"),
    ]
    assert figure.data[0].customdata[1][2] == "16 Nov to 22 Nov 2026"


def test_kinds_take_the_series_colours_and_other_and_no_value_their_own():
    when = "2026-11-18T08:00:00Z"
    records = [(when, f"S{kind}") for kind in range(6) for _ in range(9 - kind)]

    found = weekly(*records, (when, None))
    figure = charts.timeline_bars(found)

    assert found.kinds[-2:] == (OTHER, NO_VALUE)
    assert [layer.marker.color for layer in figure.data] == [
        plotting.ACCENT,
        plotting.SKY,
        plotting.FOREST,
        plotting.SAND,
        plotting.OTHER,
        plotting.NONE,
    ]


def test_only_the_running_week_is_hatched_and_says_so():
    figure = charts.timeline_bars(weekly(*RECORDS))

    assert list(figure.data[0].marker.pattern.shape) == ["", "", "/"]
    assert figure.layout.xaxis.ticktext == ("9 Nov", "16 Nov", "23 Nov<br>so far")


def test_the_axis_names_four_dates():
    figure = charts.timeline_bars(weekly(*RECORDS, periods=BERLIN.last(13, "week")))

    assert figure.layout.xaxis.ticktext == ("31 Aug", "28 Sep", "26 Oct", "23 Nov<br>so far")


def test_quarters_and_days_are_named_as_people_name_them():
    quarters = BERLIN.between(date(2026, 4, 1), date(2026, 11, 23), "quarter")
    days = BERLIN.between(date(2026, 11, 20), date(2026, 11, 23), "day")

    texts = [charts.timeline_bars(weekly(periods=periods)).layout.xaxis.ticktext for periods in (quarters, days)]

    assert texts == [("Q2 2026", "Q3 2026", "Q4 2026<br>so far"), ("20 Nov", "21 Nov", "22 Nov", "23 Nov<br>so far")]


def test_months_say_their_year_in_january():
    months = BERLIN.between(date(2025, 12, 1), date(2026, 3, 31), "month")

    assert charts.timeline_bars(weekly(periods=months)).layout.xaxis.ticktext == ("Dec", "Jan 2026", "Feb", "Mar")


def test_labels_stand_beside_the_last_full_week_and_apart():
    figure = charts.timeline_bars(weekly(*RECORDS))
    height = figure.layout.height - figure.layout.margin.t - figure.layout.margin.b
    places = [annotation.y * height for annotation in figure.layout.annotations]

    assert [text.split("</span> ")[1] for text in texts(figure)] == [layer.name for layer in figure.data]
    assert all(above - below >= 17.99 for below, above in pairwise(places))
    assert 0 < places[0] < places[-1] < height


def test_the_axis_starts_at_nothing_and_has_a_few_round_steps():
    axis = charts.timeline_bars(weekly(*RECORDS)).layout.yaxis

    assert axis.range[0] == 0
    assert axis.range[1] >= 50
    assert axis.dtick == 20
    assert axis.fixedrange


@pytest.mark.parametrize("most", [0, 1, 3, 4, 5, 7, 99, 334, 1000, 12431, 999_999])
def test_an_axis_has_two_to_five_marks(most):
    step, top = charts.scale(most)

    assert step == int(step) >= 1
    assert most <= top
    assert 2 <= top // step + 1 <= 6


def test_a_stack_without_records_keeps_its_axes():
    empty = weekly()
    figure = charts.timeline_bars(empty)

    assert len(figure.data) == 0
    assert figure.layout.xaxis.tickvals == (0, 1, 2)
    assert charts.timeline_alt(empty, "New contacts") == "New contacts. Nothing to count."


def test_a_stack_can_be_heard():
    assert charts.timeline_alt(weekly(*RECORDS), "New contacts") == (
        "New contacts. 3 weeks from 9 Nov 2026, 95 in all: "
        "Organic search 91, Direct traffic 2, Offline sources 1, No value 1."
    )


@settings(deadline=None)
@given(st.lists(st.floats(0, 200), max_size=7).map(sorted))
def test_labels_pushed_apart_keep_their_order_their_distance_and_the_frame(places):
    apart = plotting.pushed_apart(places, 200)

    assert all(above - below >= 17.99 for below, above in pairwise(apart))
    assert all(8.99 <= place <= 191.01 for place in apart)


def test_labels_with_room_stay_where_they_were():
    assert plotting.pushed_apart([20, 60, 120], 200) == [20, 60, 120]


def test_a_sparkline_marks_its_last_point():
    line = charts.sparkline([3, 4, 5]).data[0]

    assert list(line.y) == [3, 4, 5]
    assert list(line.marker.size) == [0, 0, 5]
    assert charts.sparkline_alt([3, 4, 5], "Contacts") == "Contacts, 3 weeks: from 3 to 5."


@pytest.mark.parametrize("series", [(), (3,)])
def test_a_sparkline_of_one_point_is_no_line(series):
    assert len(charts.sparkline(series).data) == 0


def test_every_chart_is_plain_json_without_colours_of_its_own():
    figures = [
        charts.ranked_bars(owned("100", None)),
        charts.stage_bars(reached({"lifecyclestage": "lead"})),
        charts.timeline_bars(weekly(*RECORDS)),
        charts.sparkline([1, 2]),
    ]

    for figure in figures:
        found = json.loads(figure.to_json(engine="json"))
        colours = set(json.dumps(found["layout"] | {"data": found["data"], "template": ""}).split('"'))
        assert not {colour for colour in colours if colour.startswith("#") and not colour.startswith("#0000")}
