"""nginx with packaging/nginx.conf, of which only the places differ: ports, logs, certificate, replicas."""

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests import running
from tests.connections.certificates import write_certificates

SITE = running.ROOT / "packaging" / "nginx.conf"
MAIN = """\
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Nginx:
    """nginx at `url` (https) and `plain_url` (http, which leads there)."""

    server: running.Server
    plain_url: str
    folder: Path

    @property
    def url(self):
        return self.server.url

    def access_log(self):
        """Return the lines that are written to their end; nginx may be at the next one."""
        text = (self.folder / "access.log").read_text(encoding="utf-8")
        return text[: text.rfind("\n") + 1]

    def error_log(self):
        return (self.folder / "error.log").read_text(encoding="utf-8")


@contextlib.contextmanager
def nginx(folder, replicas, *, port=None):
    """Start nginx in front of replicas, which are ports of this machine; `port` is where browsers come by https."""
    folder.mkdir()
    port, plain_port = port or running.free_port(), running.free_port()
    main = write_configuration(folder, replicas, port=port, plain_port=plain_port)
    with (folder / "output.log").open("ab") as output:
        process = subprocess.Popen([shutil.which("nginx"), "-c", main, "-p", folder], stdout=output, stderr=output)
    server = running.Server(process, f"https://localhost:{port}", folder / "output.log")
    try:
        running.wait_until(lambda: running._accepts(port), what="nginx")
        yield Nginx(server, f"http://localhost:{plain_port}", folder)
    finally:
        server.stop()


def write_configuration(folder, replicas, *, port, plain_port):
    """Write what nginx reads, with a certificate for localhost; return the path of its main file."""
    write_certificates(folder)
    lines = [f"server 127.0.0.1:{each} max_fails=1 fail_timeout=5s;\n" for each in replicas]
    (folder / "replicas.conf").write_text("".join(lines))
    (folder / "site.conf").write_text(_moved(SITE.read_text(encoding="utf-8"), folder, port, plain_port))
    is_root = os.geteuid() == 0
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user="user root;" if is_root else ""))
    return folder / "nginx.conf"


def _moved(site, folder, port, plain_port):
    site = re.sub(r"^ *listen \[::\].*\n", "", site, flags=re.MULTILINE)
    for old, new in {
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ": f"listen 127.0.0.1:{port} ",
        "https://$host$request_uri": f"https://$host:{port}$request_uri",
        "/etc/nginx/hubspot-dashboard/replicas.conf;": f"{folder}/replicas.conf;",
        "/etc/nginx/hubspot-dashboard/tls/fullchain.pem": f"{folder}/server.pem",
        "/etc/nginx/hubspot-dashboard/tls/privkey.pem": f"{folder}/server.key",
        "/var/log/nginx/hubspot-dashboard.log": f"{folder}/access.log",
        "/var/log/nginx/error.log": f"{folder}/error.log",
    }.items():
        assert old in site, old
        site = site.replace(old, new)
    return site
