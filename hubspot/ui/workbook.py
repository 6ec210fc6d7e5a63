"""The container of an XLSX file: a ZIP of XML parts that goes out while it is made, its frame of fixed texts.

Written by hand: the writers there are hold every cell as an object, or keep the sheet on disk in clear.
Source: https://ecma-international.org/publications-and-standards/standards/ecma-376/
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from hubspot.ui.outgoing import Outgoing

GENERAL, HEADER, DATE, INSTANT, WHOLE, TEXT = range(6)
"""The styles of cells, by their number in the file; TEXT stays a text when somebody edits it."""
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_BEGIN = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# Sheets are mostly repeated words: the fastest compression leaves a tenth of them.
_LEVEL = 1
_DAY = (1980, 1, 1, 0, 0, 0)

_TYPES = (
    f'{_BEGIN}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_SPREADSHEET}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet2.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/></Types>'
)
_ROOT = (
    f'{_BEGIN}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_LINKS = (
    f'{_BEGIN}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/worksheet" Target="worksheets/sheet2.xml"/>'
    f'<Relationship Id="rId3" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES = (
    f'{_BEGIN}<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for number in (164, 165, 1, 49)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def parts_of(titles: Sequence[str], sheets: Sequence[Iterable[bytes]], *, filtered: str) -> Iterator[bytes]:
    """Yield a workbook of two sheets, each given as pieces of its XML; the first can be filtered in a range."""
    sink = Outgoing()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as package:
        fixed = {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _ROOT,
            "xl/workbook.xml": _workbook(titles, filtered),
            "xl/_rels/workbook.xml.rels": _LINKS,
            "xl/styles.xml": _STYLES,
        }
        for name, text in fixed.items():
            package.writestr(_entry(name), text)
        for number, sheet in enumerate(sheets, start=1):
            with package.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as file:
                for piece in sheet:
                    file.write(piece)
                    yield sink.taken()
    yield sink.taken()


def sheet(
    rows: Iterable[bytes], *, widths: Sequence[int], is_main: bool, extent: str, filtered: str = ""
) -> Iterator[bytes]:
    """Yield the XML of a sheet; the main one has a frozen first row, and a filter over the range `filtered`."""
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' if is_main else ""
    chosen = ' tabSelected="1"' if is_main else ""
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(widths, start=1)
    )
    yield (
        f'{_BEGIN}<worksheet xmlns="{_MAIN}"><dimension ref="{extent}"/><sheetViews>'
        f'<sheetView{chosen} workbookViewId="0">{frozen}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    ).encode()
    yield from rows
    filters = f'<autoFilter ref="{filtered}"/>' if filtered else ""
    yield f"</sheetData>{filters}</worksheet>".encode()


def letters(place: int) -> str:
    """Return the name of a column counted from 0: A, Z, AA."""
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def _workbook(titles: Sequence[str], filtered: str) -> str:
    listed = "".join(
        f'<sheet name="{escape(title)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, start=1)
    )
    first, _, last = filtered.partition(":")
    where = ":".join(
        f"${each.rstrip('0123456789')}${each.lstrip('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}" for each in (first, last)
    )
    return (
        f'{_BEGIN}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{listed}</sheets><definedNames>"
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">\'{escape(titles[0])}\'!{where}'
        "</definedName></definedNames></workbook>"
    )


def _entry(name: str) -> zipfile.ZipInfo:
    # Equal records make equal files, and no clock of the server is told.
    entry = zipfile.ZipInfo(name, _DAY)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
