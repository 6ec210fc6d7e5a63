"""Settings: the environment first, then .streamlit/secrets.toml, then defaults."""

import base64
import binascii
import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hubspot.errors import SettingsError

SECRETS_FILE = Path(__file__).parent.parent / ".streamlit" / "secrets.toml"
SAMPLE_CLIENT_ID = "sample-portal"
DEFAULT_SCOPES = "oauth crm.objects.contacts.read crm.objects.companies.read crm.objects.owners.read"
KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an operator can set. Empty strings mean "not set"; secrets stay out of the repr.

    `keys` maps key ids to 32 bytes, the first one seals. `refresh_minutes` is 0 where copies age until somebody asks.
    """

    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    redirect_uri: str = ""
    pkce: bool = True
    scopes: tuple[str, ...] = tuple(DEFAULT_SCOPES.split())
    optional_scopes: tuple[str, ...] = ()
    api_url: str = "https://api.hubapi.com"
    authorize_url: str = "https://app.hubspot.com/oauth/authorize"
    redis_url: str = field(default="", repr=False)
    snapshot_uri: str = ""
    keys: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    home: Path = Path()
    keep_days: int = 30
    refresh_minutes: float = 15
    allowed_portals: tuple[int, ...] = ()
    log_level: str = "INFO"
    log_format: str = "text"

    @property
    def is_sample(self) -> bool:
        """True when no HubSpot app is configured: only the sample portal can be connected."""
        return not self.client_id

    @property
    def namespace(self) -> str:
        """Return 8 hex digits that begin every stored name, so that data of another app is never read."""
        source = SAMPLE_CLIENT_ID if self.is_sample else self.api_url + self.client_id
        return hashlib.sha256(source.encode()).hexdigest()[:8]

    @property
    def config_dir(self) -> Path:
        """Return where the generated key lives, apart from the data it opens."""
        return self.home / "config" if self.home != Path() else _platform_dir("config")

    @property
    def state_dir(self) -> Path:
        """Return where the embedded Redis and, by default, the snapshots live."""
        return self.home / "state" if self.home != Path() else _platform_dir("state")


def load(environ: Mapping[str, str] | None = None, secrets_file: Path = SECRETS_FILE) -> Settings:
    """Read the settings; an empty value counts as not set.

    Raises SettingsError with a sentence that names the setting and what to write instead.
    """
    stored = _read_secrets(secrets_file)
    in_file = {name: str(value) for name, value in stored.items() if not isinstance(value, Mapping)}
    return _checked(_read(_not_blank(in_file) | _not_blank(os.environ if environ is None else environ)))


def _not_blank(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value.strip()}


def _read(given: Mapping[str, str]) -> Settings:
    defaults = Settings()
    return Settings(
        client_id=given.get("HUBSPOT_CLIENT_ID", "").strip(),
        client_secret=given.get("HUBSPOT_CLIENT_SECRET", "").strip(),
        redirect_uri=given.get("HUBSPOT_REDIRECT_URI", "").strip(),
        pkce=_read_switch(given, "HUBSPOT_PKCE", default=True),
        scopes=tuple(given.get("HUBSPOT_SCOPES", DEFAULT_SCOPES).split()),
        optional_scopes=tuple(given.get("HUBSPOT_OPTIONAL_SCOPES", "").split()),
        api_url=given.get("HUBSPOT_API_URL", defaults.api_url).strip().rstrip("/"),
        authorize_url=given.get("HUBSPOT_AUTHORIZE_URL", defaults.authorize_url).strip(),
        redis_url=given.get("REDIS_URL", "").strip(),
        snapshot_uri=given.get("SNAPSHOT_URI", "").strip(),
        keys=read_keys(given.get("DASHBOARD_KEYS", "")),
        home=Path(given.get("DASHBOARD_HOME", "")).expanduser(),
        keep_days=_read_number(given, "DASHBOARD_KEEP_DAYS", default=defaults.keep_days, least=1),
        refresh_minutes=_read_number(given, "DASHBOARD_REFRESH_MINUTES", default=15, least=0),
        allowed_portals=_read_portals(given.get("DASHBOARD_ALLOWED_PORTALS", "")),
        log_level=_read_choice(given, "DASHBOARD_LOG_LEVEL", ("INFO", "DEBUG", "WARNING", "ERROR")),
        log_format=_read_choice(given, "DASHBOARD_LOG_FORMAT", ("text", "json")),
    )


def _checked(settings: Settings) -> Settings:
    if bool(settings.client_id) != bool(settings.client_secret):
        missing = "HUBSPOT_CLIENT_SECRET" if settings.client_id else "HUBSPOT_CLIENT_ID"
        raise SettingsError(f"{missing} is not set. A HubSpot app has both an id and a secret: set both or neither.")
    if settings.redis_url and not settings.keys:
        raise SettingsError(
            "DASHBOARD_KEYS is required with REDIS_URL, so that every replica opens the same tokens. "
            "Make one: python -c \"import base64, os; print('k1:' + base64.b64encode(os.urandom(32)).decode())\""
        )
    if settings.redirect_uri and not _is_allowed_redirect(settings.redirect_uri):
        raise SettingsError(
            f"HUBSPOT_REDIRECT_URI is {settings.redirect_uri!r}. HubSpot accepts https addresses by name, "
            "and http only for localhost, for example http://localhost:8501."
        )
    return settings


def read_keys(text: str) -> dict[str, bytes]:
    """Read a key ring written as "id:base64,id:base64"; empty text is an empty ring.

    Raises SettingsError for anything else, without repeating the text.
    """
    keys: dict[str, bytes] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not (1 <= len(key_id.encode()) <= 4) or len(key) != KEY_BYTES or key_id in keys:
            raise SettingsError(
                "DASHBOARD_KEYS can't be read. Write it as k2:<32 bytes in base64>,k1:<32 bytes in base64>, "
                "with ids of at most 4 characters, each used once."
            )
        keys[key_id] = key
    return keys


def _read_secrets(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The parser's message can quote the file, and with it a secret.
        raise SettingsError(f"{path.name} can't be read ({type(error).__name__}). Check its TOML syntax.") from None


def _read_switch(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    word = given.get(name, "on" if default else "off").strip().lower()
    if word in {"on", "true", "yes", "1"}:
        return True
    if word in {"off", "false", "no", "0"}:
        return False
    raise SettingsError(f"{name} is {word!r}. Write on or off.")


def _read_number(given: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = given.get(name, str(default)).strip()
    if not text.isdecimal() or int(text) < least:
        raise SettingsError(f"{name} is {text!r}. Write a whole number of at least {least}.")
    return int(text)


def _read_choice(given: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = given.get(name, choices[0]).strip()
    for choice in choices:
        if text.lower() == choice.lower():
            return choice
    raise SettingsError(f"{name} is {text!r}. Write one of {', '.join(choices)}.")


def _read_portals(text: str) -> tuple[int, ...]:
    words = text.replace(",", " ").split()
    if not all(word.isdecimal() for word in words):
        raise SettingsError("DASHBOARD_ALLOWED_PORTALS can't be read. Write HubSpot account ids, separated by commas.")
    return tuple(int(word) for word in words)


def _is_allowed_redirect(uri: str) -> bool:
    parts = urlsplit(uri)
    host = parts.hostname or ""
    # HubSpot: "must use a domain, IP addresses are not supported".
    # Source: https://developers.hubspot.com/docs/apps/legacy-apps/authentication/working-with-oauth
    is_address = ":" in host or host.replace(".", "").isdecimal()
    return bool(host) and not is_address and (parts.scheme == "https" or (parts.scheme, host) == ("http", "localhost"))


def _platform_dir(kind: str) -> Path:
    """Return the platform's folder for a kind of file: config (keys) or state (data)."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
        return base / "hubspot-dashboard" / kind
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hubspot-dashboard" / kind
    standard = {"config": ("XDG_CONFIG_HOME", ".config"), "state": ("XDG_STATE_HOME", ".local/state")}
    variable, default = standard[kind]
    return Path(os.environ.get(variable) or Path.home() / default) / "hubspot-dashboard"
