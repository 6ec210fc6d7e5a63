"""What every chart shares: colours, the bare layout, columns of text beside the bars, and texts that are only text."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

from hubspot.ui.texts import one_line

# Streamlit's placeholders, which the browser replaces by the theme's colours: slots 1 to 10 of the categories.
ACCENT, SKY, FOREST, SAND, PLUM, OTHER, NONE, GRID, INK, SOFT = (f"#{n:06d}" for n in range(1, 11))
# The colour of the page, for gaps of one pixel in a stack.
PAPER = "#000038"
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
HIDDEN_AXIS = {"visible": False, "fixedrange": True, "zeroline": False}
NAME_WIDTH = 112
LABEL_GAP = 18
_CLEAR = "rgba(0,0,0,0)"
# Advance widths of Source Sans at 12 px, by class of letter.
_NARROW, _WIDE = frozenset("iljtfr.,:;'|!I()[] "), frozenset("mwMW@%&")
_ELLIPSIS = "…"


def plain(text: str) -> str:
    """Return a text from a record so that Plotly shows it letter by letter: no tags, no entities, one line."""
    # As entities, a hash can not be taken for one of the colours that the browser replaces in the whole figure, and
    # dollars not for TeX.
    return html.escape(one_line(text), quote=False).replace("#", "&#35;").replace("$", "&#36;")


def fitted(text: str, width: float) -> str:
    """Return a text that fits a width in pixels at 12 px, cut with an ellipsis where it does not."""
    text = one_line(text)
    if text_width(text) <= width:
        return text
    while text and text_width(text + _ELLIPSIS) > width:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


def bare_layout(**changes: Any) -> go.Layout:
    """Return a layout without margins, legend, tools or ground of its own, changed as told."""
    settings: dict[str, Any] = {
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "font": {"size": 12, "color": INK},
        "showlegend": False,
        "bargap": 0.42,
        "barcornerradius": 2,
        "hovermode": "closest",
        "hoverlabel": {"font": {"color": INK}},
        "dragmode": False,
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
    }
    layout = go.Layout({**settings, **changes})
    layout.margin.autoexpand = False
    return layout


def name_column(labels: Iterable[str], inks: Sequence[str]) -> list[dict[str, Any]]:
    """Return annotations left of the bars: a name per row, whole in the hover where it is cut."""
    return [
        {
            **_beside(place, ink),
            "x": 0,
            "xshift": -NAME_WIDTH,
            "xanchor": "left",
            "align": "left",
            "text": plain(fitted(label, NAME_WIDTH - 8)),
            "hovertext": plain(label),
        }
        for place, (label, ink) in enumerate(zip(labels, inks, strict=True))
    ]


def number_column(texts: Iterable[str], inks: Sequence[str], right: int) -> list[dict[str, Any]]:
    """Return annotations right of the bars, ending `right` pixels beyond them: a number per row."""
    return [
        {**_beside(place, ink), "x": 1, "xshift": right, "xanchor": "right", "align": "right", "text": text}
        for place, (text, ink) in enumerate(zip(texts, inks, strict=True))
    ]


def _beside(place: int, ink: str) -> dict[str, Any]:
    return {"xref": "paper", "yref": "y", "y": place, "showarrow": False, "font": {"color": ink}, "borderpad": 0}


def pushed_apart(places: Sequence[float], height: float, gap: float = LABEL_GAP) -> list[float]:
    """Return ascending places at least `gap` apart, each as near to where it was as the others allow.

    They stay between half a gap and `height` less half a gap while there is room for all.
    """
    spaced: list[float] = []
    for place in places:
        spaced.append(max(place, spaced[-1] + gap if spaced else gap / 2))
    ceiling = height - gap / 2
    for position in range(len(spaced) - 1, -1, -1):
        spaced[position] = min(spaced[position], ceiling)
        ceiling = spaced[position] - gap
    return spaced


def text_width(text: str) -> float:
    """Return about how wide a text is in pixels at 12 px."""
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return 3.3
    if letter in _WIDE:
        return 9.6
    if ord(letter) >= 0x1100:
        return 12
    return 7.0 if letter.isupper() else 6.1
