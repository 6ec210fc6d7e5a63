"""One spelling for what people type in many: names, e-mail addresses, phone numbers, domains, names of firms.

Every function takes and returns Arrow texts of the same length; null is what can't be compared.
"""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from hubspot.analysis import folding

# Whoever has no umlaut on the keyboard writes two letters, so both spellings become one.
_UMLAUTS = {"ae": "a", "oe": "o", "ue": "u"}
# What stands in a name where there is none.
_PLACEHOLDERS = ("test", "tester", "testing", "demo", "asdf", "null", "nan", "none", "unknown", "n a", "xxx")
_LEGAL_FORMS = (
    "inc|incorporated|corp|corporation|co|company|llc|llp|lp|ltd|limited|plc|pty|pvt|private|gmbh|ag|kg|kgaa|ug|"
    "ohg|ek|ev|gbr|mbh|se|sa|sas|sarl|sasu|eurl|sl|slu|sau|srl|spa|snc|sapa|bv|nv|vof|ab|as|asa|aps|oy|oyj|"
    "sp z oo|sp zoo|sp k|spolka z oo|sro|spol s ro|doo|dd|kft|zrt|nyrt|bt|ood|eood|ad|kk|gk|yk|jsc|pjsc|ooo|oao|zao|"
    "tov|тов|\u043e\u043e\u043e|пат|αε|επε|ικε|lda|ltda|me|eireli|cv|sapi de cv|sa de cv|a s|ltd sti|tic|bhd|"
    "sdn bhd|pte|pte ltd"
)
_LEGAL_END = rf"( (?:{_LEGAL_FORMS}))+$"
_EMAIL = r"^(?P<mailbox>[^+@\s]+)(?P<tag>\+[^@]*)?@(?P<host>[^@\s]+\.[^@\s]+)$"
_SHORTEST_NUMBER = 7
_COMPARED_DIGITS = 8
_NO_NUMBER = r"^(?:0+|1+|2+|3+|4+|5+|6+|7+|8+|9+|0?1234567(?:8(?:90?)?)?)$"
# Where subdomains belong to different owners. A short form of https://publicsuffix.org/list/, whose whole list is long.
_SHARED_SUFFIXES = (
    r"(?:co|com|org|net|gov|gob|gouv|ac|edu|or|ne|go|mil|nom|ltd|plc|me|sch|info|biz|web|id)\.[a-z]{2}|"
    r"github\.io|gitlab\.io|herokuapp\.com|netlify\.app|vercel\.app|web\.app|pages\.dev|azurewebsites\.net|"
    r"blogspot\.com|wordpress\.com|weebly\.com|wixsite\.com|webflow\.io|squarespace\.com|myshopify\.com|business\.site|"
    r"jimdosite\.com|jimdofree\.com|notion\.site|hubspotpagebuilder\.com|hs-sites\.com"
)
_REGISTRABLE = rf"^(?:.*\.)?(?P<own>[^.]+\.(?:{_SHARED_SUFFIXES}))$"
_LAST_TWO = r"^(?:.*\.)?([^.]+\.[^.]+)$"
# Addresses and pages that many unrelated people and firms have under one domain.
_OPEN_DOMAINS = """
gmail.com googlemail.com outlook.com hotmail.com hotmail.co.uk hotmail.fr live.com msn.com yahoo.com yahoo.co.uk
yahoo.fr yahoo.de yahoo.co.jp ymail.com icloud.com me.com mac.com aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch
web.de t-online.de freenet.de mail.de posteo.de proton.me protonmail.com pm.me zoho.com mail.com mail.ru
yandex.ru yandex.com qq.com 163.com 126.com naver.com daum.net wp.pl o2.pl onet.pl interia.pl seznam.cz
centrum.cz orange.fr free.fr laposte.net wanadoo.fr sfr.fr libero.it virgilio.it tiscali.it uol.com.br
bol.com.br terra.com.br bluewin.ch btinternet.com sky.com comcast.net verizon.net att.net sbcglobal.net cox.net
bellsouth.net rediffmail.com fastmail.com hey.com tutanota.com facebook.com instagram.com linkedin.com
twitter.com x.com youtube.com tiktok.com google.com wikipedia.org amazon.com ebay.com etsy.com linktr.ee
example.com
"""


def texts(frame: pd.DataFrame, column: str) -> pa.Array:
    """Return a column as texts without spaces around them, null where it is empty; all null where there is none."""
    if column not in frame:
        return pa.nulls(len(frame), pa.large_string())
    return filled(pc.utf8_trim_whitespace(_array(frame[column])))


def filled(found: pa.Array) -> pa.Array:
    """Return texts, null in place of empty ones."""
    return pc.if_else(pc.equal(found, ""), pa.scalar(None, found.type), found)


def folded(found: pa.Array) -> pa.Array:
    """Return texts in small letters without accents and punctuation: "Dr. Müller-Groß" and "dr mueller gross" agree."""
    plain = pc.replace_substring_regex(folding.folded(found), r"[\p{Cf}'\x{2019}`]", "")
    for written, plainly in _UMLAUTS.items():
        plain = pc.replace_substring(plain, written, plainly)
    return filled(pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r"[^\p{L}\p{N}]+", " ")))


def names(found: pa.Array) -> pa.Array:
    """Return names of people as `folded` does, null for those that stand for none, like "test" or "n/a"."""
    plain = folded(found)
    return pc.if_else(pc.is_in(plain, pa.array(_PLACEHOLDERS, plain.type)), pa.scalar(None, plain.type), plain)


def emails(found: pa.Array, *, tagged: bool = False) -> pa.Array:
    """Return the mailboxes of e-mail addresses: small letters, no tag after a plus, at Gmail no dots either.

    With `tagged` the tag stays.

    Source: https://support.google.com/mail/answer/7436150
    """
    parts = pc.extract_regex(pc.utf8_lower(pc.utf8_trim_whitespace(found)), _EMAIL)
    mailbox, host = pc.struct_field(parts, "mailbox"), pc.struct_field(parts, "host")
    host = pc.if_else(pc.equal(host, "googlemail.com"), "gmail.com", host)
    mailbox = pc.if_else(pc.equal(host, "gmail.com"), pc.replace_substring(mailbox, ".", ""), mailbox)
    tag = pc.fill_null(pc.struct_field(parts, "tag"), "") if tagged else pa.scalar("", mailbox.type)
    at = pa.scalar("@", mailbox.type)
    return pc.binary_join_element_wise(mailbox, tag, at, host, pa.scalar("", mailbox.type))


def email_domains(found: pa.Array) -> pa.Array:
    """Return the registrable domains of e-mail addresses."""
    return registrable(emails(found))


def registrable(found: pa.Array) -> pa.Array:
    """Return what somebody registered of domains and web addresses: "https://www.shop.acme.co.uk/x" is acme.co.uk."""
    plain = pc.utf8_lower(pc.utf8_trim_whitespace(found))
    plain = pc.replace_substring_regex(plain, r"^[a-z][a-z0-9+.-]*://", "")
    plain = pc.replace_substring_regex(plain, r"^[^/?#]*@", "")
    plain = pc.replace_substring_regex(plain, r"(?:[/?#:].*|\.+)$", "")
    is_domain = pc.match_substring_regex(plain, r"^[\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)*\.[\p{L}][\p{L}\p{N}-]+$")
    plain = _kept(plain, is_domain)
    under_shared = pc.replace_substring_regex(plain, _REGISTRABLE, r"\1")
    is_shared = pc.match_substring_regex(plain, _REGISTRABLE)
    return pc.if_else(is_shared, under_shared, pc.replace_substring_regex(plain, _LAST_TWO, r"\1"))


def closed(domains: pa.Array) -> pa.Array:
    """Return domains, null for those under which unrelated people and firms have addresses, like gmail.com."""
    return pc.if_else(
        pc.is_in(domains, pa.array(_OPEN_DOMAINS.split(), domains.type)), pa.scalar(None, domains.type), domains
    )


def numbers(found: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return phone numbers without what differs by habit, and whole with the country code where that is written.

    The first are the last eight digits, or all of a shorter number, null under seven: "+49 (0)30 123 45 67" and
    "030/1234567" agree. The second are null for numbers without a country code.
    """
    plain = pc.replace_substring_regex(pc.utf8_lower(found), r"\(0\)", "")
    plain = pc.replace_substring_regex(plain, r"\s*(?:ext|extension|x|#|durchwahl|dw)\.?\s*\d{1,6}\s*$", "")
    is_whole = pc.match_substring_regex(plain, r"^\s*(?:\+|00)")
    digits = pc.replace_substring_regex(pc.replace_substring_regex(plain, r"\D", ""), r"^00", "")
    is_long = pc.greater_equal(pc.utf8_length(digits), _SHORTEST_NUMBER)
    last = pc.utf8_slice_codeunits(digits, -_COMPARED_DIGITS)
    is_real = pc.invert(pc.match_substring_regex(digits, _NO_NUMBER))
    return _kept(last, pc.and_(is_long, is_real)), _kept(digits, pc.and_(is_whole, is_long))


def firm_names(found: pa.Array) -> pa.Array:
    """Return names of firms as `folded` does, without the legal form: "Acme Foods, Inc." and "ACME FOODS" agree."""
    # The dots of "S.A." go before the rest of the punctuation becomes spaces.
    plain = folded(pc.replace_substring(found, ".", ""))
    return filled(pc.replace_substring_regex(plain, _LEGAL_END, ""))


def countries(frame: pd.DataFrame, name: str, code: str) -> pa.Array:
    """Return each record's country: its code, else the code that other records give to its name, else the name."""
    named, coded = folded(texts(frame, name)), folded(texts(frame, code))
    pairs = pd.DataFrame({"name": named.to_pandas(), "code": coded.to_pandas()}).dropna()
    # The commonest code of each name.
    known = pairs.value_counts().reset_index().drop_duplicates("name").set_index("name")["code"]
    looked_up = _array(named.to_pandas().map(known.to_dict()))
    return pc.coalesce(coded, looked_up, named)


def listed(found: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the entries of lists that are written with semicolons, and the places of the lists they are from."""
    split = pc.split_pattern(found, ";")
    return filled(pc.utf8_trim_whitespace(pc.list_flatten(split))), pc.list_parent_indices(split)


def _array(values: pd.Series) -> pa.Array:
    found = pa.array(values.astype("str"), type=pa.large_string(), from_pandas=True)
    # Arrow gives pieces for a column that is kept in pieces.
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _kept(found: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, found, pa.scalar(None, found.type))
