"""Charts: counted records in, a Plotly figure out, with a sentence for those who can't see it.

Colours are the placeholders that Streamlit's theme replaces in the browser, so one cached figure fits light and dark.
Values from records pass through `plain`, because Plotly reads its texts as markup.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hubspot.analysis.counts import OTHER as OTHER_VALUE
from hubspot.analysis.counts import Ranking, Timeline
from hubspot.analysis.lifecycle import Stages
from hubspot.analysis.records import NO_VALUE
from hubspot.ui.numbers import count, day, quarter, share, short_day
from hubspot.ui.plotting import (
    ACCENT,
    CONFIG,
    FOREST,
    GRID,
    HIDDEN_AXIS,
    INK,
    NAME_WIDTH,
    NONE,
    OTHER,
    PAPER,
    PLUM,
    SAND,
    SKY,
    SOFT,
    bare_layout,
    fitted,
    name_column,
    number_column,
    plain,
    pushed_apart,
)

__all__ = [
    "CONFIG",
    "ranked_alt",
    "ranked_bars",
    "sparkline",
    "sparkline_alt",
    "stage_alt",
    "stage_bars",
    "timeline_alt",
    "timeline_bars",
]

SERIES = (ACCENT, SKY, FOREST, SAND, PLUM)
VALUE_WIDTH, SHARE_WIDTH, LABEL_WIDTH = 48, 42, 124
ROW, _BAR = 26, 15
_FIXED = {"fixedrange": True, "zeroline": False}
_TOP, _BOTTOM = 8, 40
_TICKS = 4


def ranked_bars(ranking: Ranking, *, chosen: Collection[str] = (), noun: str = "contacts") -> go.Figure:
    """Draw the rows of a ranking as bars, NO_VALUE grey; without a choice, or where chosen, in the accent.

    A click returns the position of the row, and its stored value as customdata[0].
    """
    rows = ranking.rows
    colours = [_bar_colour(value, chosen) for value in rows["value"]]
    inks = [INK if _is_lit(value, chosen) else SOFT for value in rows["value"]]
    figure = _bars(rows, rows["count"], colours=colours, noun=noun, height=ROW * len(rows))
    columns = [*name_column(rows["label"], inks), *number_column(map(count, rows["count"]), inks, VALUE_WIDTH)]
    return figure.update_layout(margin={"l": NAME_WIDTH, "r": VALUE_WIDTH}, annotations=columns)


def ranked_alt(ranking: Ranking, title: str) -> str:
    """Return the ranking in words."""
    listed = ", ".join(f"{label} {count(number)}" for label, number in _pairs(ranking.rows, "label", "count"))
    return f"{title}. {listed or 'Nothing to count'}."


def stage_bars(stages: Stages, *, noun: str = "contacts", height: int | None = None) -> go.Figure:
    """Draw how many records reached each stage and the share of the stage before, in the portal's order.

    Where the portal keeps no dates of entering, the bars are the records that are in the stage now, without shares. A
    single stage without dates is grey, with "now" in place of its share.
    A click returns the position of the row, and its stored value as customdata[0].
    """
    rows = stages.rows
    inks = [INK] * len(rows)
    colours = [NONE if lacks else ACCENT for lacks in stages.lacks_dates]
    figure = _bars(rows, stages.counts, colours=colours, noun=noun, height=height or ROW * len(rows))
    right = VALUE_WIDTH + SHARE_WIDTH * stages.dated
    columns = [*name_column(rows["label"], inks), *number_column(map(count, stages.counts), inks, VALUE_WIDTH)]
    if stages.dated:
        # Nobody came by way of the stage above: two stages that do not follow one another.
        shares = ["" if place == 0 or part == 0 else share(part) for place, part in enumerate(rows["share"])]
        shares = ["now" if lacks else text for lacks, text in zip(stages.lacks_dates, shares, strict=True)]
        columns += number_column(shares, [SOFT] * len(rows), right)
    return figure.update_layout(margin={"l": NAME_WIDTH, "r": right}, annotations=columns)


def stage_alt(stages: Stages, title: str) -> str:
    """Return the stages in words."""
    told = zip(stages.rows["label"], stages.counts, stages.lacks_dates, strict=True)
    listed = ", ".join(f"{label} {count(number)}{' now, without dates' * lacks}" for label, number, lacks in told)
    return f"{title}. {listed or 'No stages'}."


def timeline_bars(timeline: Timeline, *, noun: str = "contacts", height: int = 246) -> go.Figure:
    """Draw a stack per period, labelled directly at the last full one; the running and cut periods are hatched.

    A click returns the period's position; customdata is the stored value (or OTHER) and the period's first day.
    """
    totals = timeline.counts.sum(axis=1).to_numpy()
    step, top = scale(int(totals.max(initial=0)))
    figure = go.Figure(layout=bare_layout(height=height, bargap=0.26, barmode="stack"))
    for column, colour in zip(timeline.kinds, _stack_colours(timeline), strict=True):
        figure.add_bar(**_layer(timeline, column, colour=colour, noun=noun))
    left = 8 + 7 * len(count(top))
    figure.update_layout(
        margin={"l": left, "r": LABEL_WIDTH, "t": _TOP, "b": _BOTTOM},
        annotations=_stack_labels(timeline, top=top, height=height - _TOP - _BOTTOM),
    )
    figure.update_xaxes(**_FIXED, **_dates(timeline), showgrid=False, tickangle=0, tickfont={"color": SOFT}, ticks="")
    figure.update_yaxes(
        **_FIXED, range=[0, top], dtick=step, tick0=0, gridcolor=GRID, tickformat=",d", tickfont={"color": SOFT}
    )
    return figure


def timeline_alt(timeline: Timeline, title: str) -> str:
    """Return the timeline in words: its periods, its total and its kinds."""
    if not timeline.n:
        return f"{title}. Nothing to count."
    starts = timeline.periods.starts
    kinds = ", ".join(f"{timeline.labels[kind]} {count(timeline.counts[kind].sum())}" for kind in timeline.kinds)
    unit = timeline.periods.grain
    return f"{title}. {len(starts)} {unit}s from {day(starts[0])}, {count(timeline.n)} in all: {kinds}."


def sparkline(series: Sequence[float], *, height: int = 28) -> go.Figure:
    """Draw a small line without axes whose last point is marked; nothing for fewer than two points."""
    figure = go.Figure(layout=bare_layout(height=height, margin={"l": 1, "r": 4, "t": 4, "b": 4}))
    figure.update_xaxes(**HIDDEN_AXIS, range=[0, max(len(series) - 1, 1)])
    figure.update_yaxes(**HIDDEN_AXIS)
    if len(series) < 2:
        return figure
    sizes = [0] * (len(series) - 1) + [5]
    figure.add_scatter(
        y=list(series),
        mode="lines+markers",
        line={"color": ACCENT, "width": 1.5},
        marker={"color": ACCENT, "size": sizes, "line": {"width": 0}},
        cliponaxis=False,
        hoverinfo="skip",
    )
    return figure


def sparkline_alt(series: Sequence[float], title: str) -> str:
    """Return the first and last point of a sparkline in words."""
    return f"{title}, {len(series)} weeks: from {count(series[0])} to {count(series[-1])}." if series else f"{title}."


def _bars(rows: pd.DataFrame, lengths: pd.Series, *, colours: Sequence[str], noun: str, height: int) -> go.Figure:
    # However high a row is, its bar is as thick as in every other chart.
    thickness = min(_BAR * len(rows) / max(height, ROW), 1)
    figure = go.Figure(layout=bare_layout(height=max(height, ROW), bargap=1 - thickness))
    figure.add_bar(
        orientation="h",
        x=lengths.tolist(),
        y=list(range(len(rows))),
        customdata=[
            [value, plain(label), count(length)]
            for value, label, length in zip(rows["value"], rows["label"], lengths, strict=True)
        ],
        hovertemplate=f"%{{customdata[1]}}: %{{customdata[2]}} {noun}<extra></extra>",
        marker={"color": list(colours), "line": {"width": 0}},
        # A click must not fade the other bars: what is chosen is said by our own colours.
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    figure.update_xaxes(**HIDDEN_AXIS, range=[0, max(int(lengths.max()), 1) if len(rows) else 1])
    figure.update_yaxes(**HIDDEN_AXIS, range=[max(len(rows), 1) - 0.5, -0.5])
    return figure


def _is_lit(value: str, chosen: Collection[str]) -> bool:
    return value in chosen if chosen else value != NO_VALUE


def _bar_colour(value: str, chosen: Collection[str]) -> str:
    if value == NO_VALUE:
        return NONE
    return ACCENT if _is_lit(value, chosen) else OTHER


def _stack_colours(timeline: Timeline) -> list[str]:
    fixed = {OTHER_VALUE: OTHER, NO_VALUE: NONE}
    return [fixed.get(column, SERIES[place % len(SERIES)]) for place, column in enumerate(timeline.kinds)]


def _layer(timeline: Timeline, column: str, *, colour: str, noun: str) -> dict[str, Any]:
    partial = timeline.periods.partial
    numbers = timeline.counts[column].tolist()
    spans = [_span(start, end) for start, end in zip(timeline.periods.starts, timeline.periods.ends, strict=True)]
    label = plain(timeline.labels[column])
    return {
        "x": list(range(len(numbers))),
        "y": numbers,
        "name": label,
        "customdata": [
            [column, start.isoformat(), span, count(number)]
            for start, span, number in zip(timeline.periods.starts, spans, numbers, strict=True)
        ],
        "hovertemplate": f"%{{customdata[2]}}<br>%{{fullData.name}}: %{{customdata[3]}} {noun}<extra></extra>",
        "marker": {
            "color": colour,
            "cornerradius": 0,
            "line": {"width": 1, "color": [colour if cut else PAPER for cut in partial]},
            "pattern": {
                "shape": ["/" if cut else "" for cut in partial],
                "fillmode": "replace",
                "fgcolor": colour,
                "bgcolor": PAPER,
                "size": 5,
                "solidity": 0.4,
            },
        },
        "selected": {"marker": {"opacity": 1}},
        "unselected": {"marker": {"opacity": 1}},
    }


def _span(start: date, end: date) -> str:
    last = end - timedelta(days=1)
    return day(start) if start == last else f"{short_day(start)} to {day(last)}"


def _dates(timeline: Timeline) -> dict[str, Any]:
    starts, running = timeline.periods.starts, timeline.periods.running
    places = sorted(set(np.linspace(0, max(len(starts) - 1, 0), _TICKS).round().astype(int).tolist())) if starts else []
    texts = [_tick(starts[place], timeline.periods.grain, is_running=running[place]) for place in places]
    return {"tickvals": places, "ticktext": texts, "range": [-0.5, max(len(starts), 1) - 0.5]}


def _tick(start: date, grain: str, *, is_running: bool) -> str:
    if grain in {"day", "week"}:
        text = short_day(start)
    elif grain == "quarter":
        text = quarter(start)
    else:
        text = f"{start:%b %Y}" if start.month == 1 else f"{start:%b}"
    return f"{text}<br>so far" if is_running else text


def scale(most: int) -> tuple[int, int]:
    """Return the step of the axis, a round number, and its end, which leaves some air above the highest stack."""
    if most <= _TICKS:
        return 1, max(most, 1) + 1
    magnitude = 10 ** (len(str(most // _TICKS)) - 1)
    step = next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor * _TICKS >= most)
    return step, int(np.ceil(most * 1.06))


def _stack_labels(timeline: Timeline, *, top: int, height: int) -> list[dict[str, Any]]:
    if timeline.counts.empty:
        return []
    full = [place for place, cut in enumerate(timeline.periods.partial) if not cut]
    layers = timeline.counts.iloc[full[-1] if full else -1].to_numpy()
    middles = (np.cumsum(layers) - layers / 2) * height / top
    return [
        {
            "xref": "paper",
            "yref": "paper",
            "x": 1,
            "y": middle / height,
            "xshift": 10,
            "xanchor": "left",
            "yanchor": "middle",
            "showarrow": False,
            "text": f'<span style="color:{colour}">■</span> {plain(fitted(timeline.labels[column], LABEL_WIDTH - 28))}',
            "hovertext": plain(timeline.labels[column]),
            "borderpad": 0,
        }
        for column, colour, middle in zip(
            timeline.kinds, _stack_colours(timeline), pushed_apart(middles.tolist(), height), strict=True
        )
    ]


def _pairs(rows: pd.DataFrame, first: str, second: str) -> Any:
    return zip(rows[first], rows[second], strict=True)
