"""How texts are folded before they are compared: here alone it is decided which letters count as one.

A text that somebody types and the column it is looked for in go through the same functions of Arrow, so that they can't
disagree: Python's own small letters know a sigma at the end of a word, Arrow's do not.
"""

import pyarrow as pa
import pyarrow.compute as pc

# Two ways to write one letter in the middle of a word, which capitals do not tell apart.
_ONE_CASE = {"\N{GREEK SMALL LETTER FINAL SIGMA}": "\N{GREEK SMALL LETTER SIGMA}"}
# What capitals or another keyboard make of a letter, and no decomposition does.
_PLAIN = {"\N{LATIN SMALL LETTER SHARP S}": "ss", "\N{LATIN SMALL LETTER DOTLESS I}": "i"}


def lowered(texts: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    """Return texts in small letters, a Greek sigma in one form wherever it stands."""
    return _replaced(pc.utf8_lower(texts), _ONE_CASE)


def folded(texts: pa.Array | pa.Scalar) -> pa.Array | pa.Scalar:
    """Return texts in small letters without accents, letters of double width and ligatures taken apart."""
    # Taken apart first: a trade mark sign is two capitals then.
    plain = _replaced(lowered(pc.utf8_normalize(texts, form="NFKD")), _PLAIN)
    return pc.replace_substring_regex(plain, pattern=r"\p{M}", replacement="")


def lowered_text(text: str) -> str:
    """Return one text as `lowered` does many."""
    return str(lowered(pa.scalar(text, pa.large_string())).as_py())


def folded_text(text: str) -> str:
    """Return one text as `folded` does many."""
    return str(folded(pa.scalar(text, pa.large_string())).as_py())


def _replaced(texts: pa.Array | pa.Scalar, letters: dict[str, str]) -> pa.Array | pa.Scalar:
    for letter, instead in letters.items():
        texts = pc.replace_substring(texts, pattern=letter, replacement=instead)
    return texts
