"""The health report: one HTML file for a colleague, without a script, a link to elsewhere, or anybody's record.

Values from HubSpot are escaped once, by `_text`; everything else in the file is written here.
"""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from html import escape
from zoneinfo import ZoneInfo

from hubspot.analysis.lifecycle import stages
from hubspot.analysis.quality import findings, missing
from hubspot.analysis.quality.checks import Survey
from hubspot.analysis.quality.findings import CHECKS, Finding, Health
from hubspot.analysis.quality.grid import grid
from hubspot.analysis.questions import Frames
from hubspot.portal import OBJECT_TYPES, Portal
from hubspot.ui import words
from hubspot.ui.health_words import FORMULA, title
from hubspot.ui.numbers import EMPTY, share
from hubspot.ui.texts import one_line

TITLE = "Data health report"
STAGES_NOTE = "Records that ever were in the stage, or are; the share is of those that reached the stage above."
CURRENT_NOTE = "Records that are in the stage now: the portal keeps no dates of entering."
GRID_NOTE = "The share of the records that have no value. Months and days are those of the portal's time zone."
PRIVACY_NOTE = "Counts only: no record is in this file. What the numbers mean stands beside them."
_WIDTH, _ROW, _NAME, _VALUE = 760, 26, 300, 120
_STYLE = """
:root { color-scheme: light dark; --ink: #0F1724; --soft: #566072; --line: #E2E6EC; --accent: #2F5BD0; --page: #FFFFFF }
@media (prefers-color-scheme: dark) {
  :root { --ink: #E4E8EF; --soft: #9AA5B5; --line: #2A313D; --accent: #6F93F5; --page: #12151B }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 72rem;
       margin: 2rem auto; padding: 0 1rem; font-variant-numeric: tabular-nums }
h1 { font-size: 1.6rem; margin: 0 } h2 { font-size: 1.2rem; margin: 2.2rem 0 .3rem }
p.note { color: var(--soft); font-size: .87rem; margin: .2rem 0 .8rem }
.score { font-size: 2.6rem; font-weight: 600 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-size: .87rem }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
th { color: var(--soft); font-weight: 600 }
svg { max-width: 100%; height: auto } svg text { fill: currentColor; font-size: 13px } svg rect { fill: var(--accent) }
"""
# The file is opened from a disk, where no server forbids anything: nothing may run or be asked for but its own style.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: what it stands for, how long it is, and what is written beside it."""

    label: str
    length: float
    said: str


def report(frames: Frames, portal: Portal, *, loaded_at: datetime, today: date) -> str:
    """Return the report of a copy on a day of the portal; `loaded_at` says how old the copy is, in UTC.

    Object types without a record are left out, and so is what the portal can't answer.
    """
    survey = Survey(frames, portal, today)
    health = findings.health(survey)
    filled = [name for name in OBJECT_TYPES if name in frames and len(frames[name])]
    parts = (
        _head(frames, portal, loaded_at),
        _score(health),
        _findings(health),
        *(_stages(survey, name) for name in filled),
        *(_grid(survey, name) for name in filled),
        _not_checked(health),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"/>'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"<title>{_text(f'{TITLE}: {_name(portal)}')}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _head(frames: Frames, portal: Portal, loaded_at: datetime) -> str:
    zone = portal.account.time_zone
    held = " and ".join(words.counted(len(frames[name]), name) for name in OBJECT_TYPES if name in frames)
    local = loaded_at.astimezone(ZoneInfo(zone))
    said = f"{_name(portal)}: {held or 'no records'}, as of {local:%Y-%m-%d %H:%M} ({zone})."
    return f'<h1>{TITLE}</h1><p>{_text(said)}</p><p class="note">{PRIVACY_NOTE}</p>'


def _name(portal: Portal) -> str:
    return portal.account.name or f"Portal {portal.account.hub_id}"


def _score(health: Health) -> str:
    if health.score is None:
        return "<p>Nothing could be checked: the portal has no records.</p>"
    score = findings.shown_score(health.score)
    return f'<p><span class="score">{score}</span> of 100</p><p class="note">{_text(FORMULA)}</p>'


def _findings(health: Health) -> str:
    if not health.findings:
        return ""
    bars = [Bar(_named(each), each.points, f"{each.points:.1f} points") for each in health.findings[:10]]
    checks = [CHECKS[each.check] for each in health.findings]
    rows = [
        (_named(each), share(each.share), check.why, check.fix)
        for each, check in zip(health.findings, checks, strict=True)
    ]
    return (
        "<h2>What to mend first</h2>"
        f"{_chart(bars, 'The ten findings that cost most points')}"
        f"{_table(('Finding', 'Share', 'Why it matters', 'To mend it'), rows)}"
    )


def _named(finding: Finding) -> str:
    return f"{words.number(finding.count)} {title(finding)}"


def _stages(survey: Survey, object_type: str) -> str:
    found = stages(survey.frames[object_type], survey.portal, object_type)
    if found.rows.empty:
        return ""
    column = "reached" if found.dated else "current"
    known = found.rows[found.rows[column].notna()]
    bars = [
        Bar(label, float(count), f"{words.number(int(count))} · {share(part)}".removesuffix(f" · {EMPTY}"))
        for label, count, part in zip(known["label"], known[column], known["share"], strict=True)
    ]
    heading = f"{object_type.capitalize()} by lifecycle stage"
    note = STAGES_NOTE if found.dated else CURRENT_NOTE
    return f'<h2>{heading}</h2><p class="note">{note}</p>{_chart(bars, heading)}'


def _grid(survey: Survey, object_type: str) -> str:
    frame, portal = survey.frames[object_type], survey.portal
    names = missing.EXPECTED[object_type]
    found = grid(frame, portal, object_type, by="source", properties=names, today=survey.today)
    if found is None or not found.properties:
        return ""
    header = ("Property", *found.labels)
    rows = [
        [portal.label(object_type, name), *(share(float(part)) for part in parts)]
        for name, parts in zip(found.properties, found.shares, strict=True)
    ]
    heading = f"Missing fields of {object_type}, by original source"
    return f'<h2>{heading}</h2><p class="note">{GRID_NOTE}</p>{_table(header, rows)}'


def _not_checked(health: Health) -> str:
    if not health.absent:
        return ""
    checks = {CHECKS[name]: why for name, why in health.absent.items()}
    rows = [(f"{words.OBJECT_NOUNS[check.object_type][1]} {check.says}", why) for check, why in checks.items()]
    return f"<h2>Not checked</h2>{_table(('Check', 'Why'), rows)}"


def _chart(bars: Sequence[Bar], title: str) -> str:
    """Return horizontal bars as SVG, with the same numbers as its description."""
    longest = max((bar.length for bar in bars), default=0) or 1
    room = _WIDTH - _NAME - _VALUE
    drawn = "".join(_bar(bar, place, room * bar.length / longest) for place, bar in enumerate(bars))
    said = "; ".join(f"{bar.label}: {bar.said}" for bar in bars)
    height = _ROW * len(bars)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" role="img" '
        f'aria-label="{_text(f"{title}. {said}")}">{drawn}</svg>'
    )


def _bar(bar: Bar, place: int, width: float) -> str:
    top = place * _ROW
    label = bar.label if len(bar.label) <= _NAME // 7 else f"{bar.label[: _NAME // 7 - 1]}…"
    return (
        f'<text x="0" y="{top + 17}"><title>{_text(bar.label)}</title>{_text(label)}</text>'
        f'<rect x="{_NAME}" y="{top + 6}" width="{max(width, 1):.1f}" height="14" rx="1"/>'
        f'<text x="{_NAME + width + 8:.1f}" y="{top + 17}">{_text(bar.said)}</text>'
    )


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    first = "".join(f'<th scope="col">{_text(each)}</th>' for each in header)
    rest = "".join(f"<tr>{''.join(f'<td>{_text(cell) or EMPTY}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{first}</tr></thead><tbody>{rest}</tbody></table></div>'


def _text(value: str) -> str:
    return escape(one_line(value), quote=True)
