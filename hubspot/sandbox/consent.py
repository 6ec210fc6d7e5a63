"""The consent page: plain HTML with its own style, no script, nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from html import escape

from hubspot.sandbox.answers import HTML, Answer
from hubspot.sandbox.portals import PortalFacts

# No form-action here: Chromium applies it to the redirect after the form too, and apps live on other origins.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--line:#dfe3ea;--text:#1d2433;--soft:#5a6478;--ink:#2f5bd0;
--on-ink:#fff;--note:#eef2fc}
@media(prefers-color-scheme:dark){:root{--page:#10141c;--card:#181d27;--line:#2e3645;--text:#e7eaf1;--soft:#a2acbf;
--ink:#7d9cf0;--on-ink:#0d1220;--note:#1c2438}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;
display:flex;justify-content:center;padding:48px 16px}
main{width:100%;max-width:480px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:32px}
@media(max-width:480px){body{padding:16px 12px}main{padding:20px}}
.note{margin:0 0 24px;padding:10px 14px;border-radius:6px;background:var(--note);font-size:14px}
h1{font-size:22px;line-height:1.3;font-weight:600;margin:0 0 4px;overflow-wrap:anywhere}
.lead{margin:0 0 24px;color:var(--soft)}
fieldset{border:0;margin:0 0 24px;padding:0;min-width:0}
legend{font-size:14px;font-weight:600;padding:0;margin-bottom:8px}
label,li{display:flex;gap:12px;align-items:flex-start;padding:10px 14px;border:1px solid var(--line);
border-bottom-width:0;margin:0}
label{cursor:pointer}
fieldset>label:first-of-type,li:first-child{border-radius:6px 6px 0 0}
fieldset>label:last-of-type,li:last-child{border-bottom-width:1px;border-radius:0 0 6px 6px}
fieldset>label:only-of-type,li:only-child{border-radius:6px}
label:has(:checked){background:var(--note)}
ul{list-style:none;margin:0;padding:0}
input{accent-color:var(--ink);width:18px;height:18px;margin:3px 0 0;flex:none}
small{display:block;color:var(--soft);font-size:13px;overflow-wrap:anywhere}
.tick{color:var(--ink);flex:none;width:18px;text-align:center;font-weight:700}
.actions{display:flex;gap:12px}
button{font:inherit;font-weight:600;flex:1;padding:10px 16px;border-radius:6px;border:1px solid var(--line);
background:transparent;color:var(--text);cursor:pointer;min-height:44px}
button.allow{background:var(--ink);border-color:var(--ink);color:var(--on-ink)}
:focus-visible{outline:2px solid var(--ink);outline-offset:2px}
""".replace("\n", "")

NOTE = "This is a sample portal with made-up records. It is not HubSpot, and nothing you do here reaches HubSpot."


def page(
    *,
    app_name: str,
    accounts: Sequence[PortalFacts],
    scopes: Sequence[tuple[str, str]],
    optional_scopes: Sequence[tuple[str, str]],
    parameters: Mapping[str, str],
) -> bytes:
    """Return the consent page; scopes are (name, words), `parameters` go back with the form."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in parameters.items()
    )
    body = f"""<h1>Connect {escape(app_name)}</h1>
<p class="lead">Choose an account and review what {escape(app_name)} may see.</p>
<form method="post" action="authorize" autocomplete="off">{hidden}
<fieldset><legend>Account</legend>{_accounts(accounts)}</fieldset>
<fieldset><legend>It will be able to</legend><ul>{_required(scopes)}</ul></fieldset>
{_optional(optional_scopes)}
<div class="actions"><button class="allow" name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></div></form>"""
    return _document(f"Connect {escape(app_name)}", body)


def error_page(message: str) -> Answer:
    """Return HubSpot's kind of dead end: the person reads what is wrong, and the app hears nothing."""
    body = f'<h1>We can\'t connect this app</h1><p class="lead">{escape(message)}</p>'
    return Answer(400, _document("Authorization failed", body), HTML, HEADERS)


def last_page(message: str) -> Answer:
    """Return the page on which a person stays when the app is told nothing."""
    return Answer(200, _document("Done", f'<h1>Done</h1><p class="lead">{escape(message)}</p>'), HTML, HEADERS)


def _document(title: str, body: str) -> bytes:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f'<body><main><p class="note">{NOTE}</p>{body}</main></body></html>'
    ).encode()


def _accounts(accounts: Sequence[PortalFacts]) -> str:
    return "".join(
        f'<label><input type="radio" name="account" value="{facts.hub_id}"{" checked" if first == 0 else ""} required>'
        f"<span>{escape(facts.name)}"
        f"<small>{facts.hub_id} · {escape(facts.user)}</small></span></label>"
        for first, facts in enumerate(accounts)
    )


def _required(scopes: Sequence[tuple[str, str]]) -> str:
    return "".join(
        '<li><span class="tick" aria-hidden="true">✓</span>'
        f"<span>{escape(words)}<small>{escape(name)}</small></span></li>"
        for name, words in scopes
    )


def _optional(scopes: Sequence[tuple[str, str]]) -> str:
    if not scopes:
        return ""
    boxes = "".join(
        f'<label><input type="checkbox" name="granted" value="{escape(name)}" checked>'
        f"<span>{escape(words)}<small>{escape(name)}</small></span></label>"
        for name, words in scopes
    )
    return f"<fieldset><legend>Optional</legend>{boxes}</fieldset>"
