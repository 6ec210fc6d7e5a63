"""What the cells of CSV and XLSX files are written as: numbers without an exponent, texts that are no formulas."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# A spreadsheet takes a cell that begins so for a formula: the four signs, and their full-width forms.
# Source: https://owasp.org/www-community/attacks/CSV_Injection
_SIGNS = r"=+\-@\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}"
# What a spreadsheet may skip before it looks: blanks of every width, and marks without any.
_BLANKS = r"\s\v\x{85}\p{Z}\p{Cf}"
# A cell begins with its text. Where a semicolon parts the cells, as in German Excel, quotes do not hold a text
# together: after a semicolon, a tab or the end of a line it goes on in a new cell.
_ENDS = r";\t\v\f\r\n\x{85}\x{2028}\x{2029}"
_FORMULA = rf"^([{_BLANKS}]*[{_SIGNS}]|[\t\r\n])"
_LATER_FORMULA = rf'([{_ENDS}][{_BLANKS}"]*)([{_SIGNS}])'
_NEGATIVE_NUMBER = r"^-\d+([.,]\d+)*$"
# Spreadsheets drop them, and then see what stands behind; lines and tabs stay.
_CONTROLS = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]"
_INT64 = 2.0**63


def harmless(texts: pa.Array) -> pa.Array:
    """Return texts without controls, with an apostrophe wherever a spreadsheet would begin a formula.

    A negative number stays as it is. This is for files whose cells have no type, CSV: in XLSX a text is a text.
    """
    bare = pc.replace_substring_regex(texts, pattern=_CONTROLS, replacement="")
    inside = pc.replace_substring_regex(bare, pattern=_LATER_FORMULA, replacement=r"\1'\2")
    quoted = pc.replace_substring_regex(inside, pattern=_FORMULA, replacement=r"'\1")
    return pc.if_else(pc.match_substring_regex(bare, _NEGATIVE_NUMBER), bare, quoted)


def number_texts(numbers: pa.Array) -> pa.Array:
    """Return numbers as texts, shortest form that reads back as the same number: 12, 0.5, 10000000000000000.

    No number has an exponent, and no whole one a decimal point. What a float can't hold exactly, `verbatim` has.
    """
    texts = numbers.cast(pa.large_string())
    if not pa.types.is_floating(numbers.type):
        return texts
    is_whole = pc.and_(pc.equal(pc.floor(numbers), numbers), pc.less(pc.abs(numbers), _INT64))
    whole = pc.if_else(is_whole, numbers, None).cast(pa.int64()).cast(pa.large_string())
    return _positional(pc.coalesce(whole, texts))


def _positional(texts: pa.Array) -> pa.Array:
    """Write out the few texts that have an exponent: of tiny numbers, and of those beyond 64 bits."""
    has_exponent = pc.fill_null(pc.match_substring_regex(texts, r"\de"), fill_value=False)
    if not pc.any(has_exponent).as_py():
        return texts
    written = [_written_out(float(text)) for text in texts.filter(has_exponent).to_pylist()]
    return pc.replace_with_mask(texts, has_exponent, pa.array(written, pa.large_string()))


def _written_out(number: float) -> str:
    return f"{number:.0f}" if number.is_integer() else np.format_float_positional(number, trim="-")
