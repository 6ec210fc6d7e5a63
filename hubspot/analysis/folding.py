"""How texts are folded before they are compared: here alone it is decided which letters count as one.

Search, filters, sorting and duplicates all ask here. What somebody types and the column it is looked for in go through
the same functions of Arrow, so that they can't disagree: Python's own small letters know a sigma at the end of a word,
Arrow's do not.
"""

import pyarrow as pa
import pyarrow.compute as pc

# What no decomposition makes plain: a sigma at the end of a word, and letters that other keyboards lack.
_PLAIN = {
    "\N{GREEK SMALL LETTER FINAL SIGMA}": "\N{GREEK SMALL LETTER SIGMA}",
    "\N{LATIN SMALL LETTER SHARP S}": "ss",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
    "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
    "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
    "\N{LATIN SMALL LETTER ETH}": "d",
    "\N{LATIN SMALL LETTER AE}": "ae",
    "\N{LATIN SMALL LIGATURE OE}": "oe",
    "\N{LATIN SMALL LETTER THORN}": "th",
}


def folded(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return texts in small letters without accents, letters of double width and ligatures taken apart.

    Composed and decomposed letters are one: "Müller" is found however its ü is written.
    """
    if pc.all(pc.string_is_ascii(texts), min_count=0).as_py():
        return pc.ascii_lower(texts)  # all that there is to do, at a tenth of the time
    # Taken apart first: a trade mark sign is two capitals then.
    plain = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKD"))
    for letter, instead in _PLAIN.items():
        plain = pc.replace_substring(plain, pattern=letter, replacement=instead)
    return pc.replace_substring_regex(plain, pattern=r"\p{M}", replacement="")


def folded_text(text: str) -> str:
    """Return one text as `folded` does many."""
    return str(folded(pa.array([text], pa.large_string()))[0].as_py())
