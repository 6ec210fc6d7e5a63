#!/usr/bin/env bash
# Installs the dashboard on Debian or Ubuntu; run it again to upgrade. docs/operate.md is its manual.
set -euo pipefail

readonly NAME=hubspot-dashboard
readonly CONFIG=/etc/$NAME
readonly STATE=/var/lib/$NAME
readonly UNITS=/etc/systemd/system
readonly OLDEST="3.11"
readonly NEW_ENOUGH="import sys; sys.exit(sys.version_info < (${OLDEST/./, }))"
readonly CODE=(app.py pages hubspot .streamlit/config.toml requirements.lock LICENSE)

prefix=/opt/$NAME
python=""
with_service=true
has_changed=false

usage() {
    cat <<EOF
Usage: packaging/install.sh [--prefix DIR] [--python PATH] [--no-service]

  --prefix DIR    where the code goes ($prefix)
  --python PATH   the Python to use: $OLDEST or newer, with venv, outside of /root and /home
  --no-service    code and user only, neither settings nor a systemd unit: for an image, or another supervisor
EOF
}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

read_options() {
    while [ $# -gt 0 ]; do
        case "$1" in
            --prefix | --python) [ $# -gt 1 ] || fail "$1 needs a value. Run with --help to see what there is." ;;&
            --prefix) prefix=$2 && shift 2 ;;
            --python) python=$2 && shift 2 ;;
            --no-service) with_service=false && shift ;;
            -h | --help) usage && exit 0 ;;
            *) fail "$1 is no option of this script. Run with --help to see what there is." ;;
        esac
    done
    [[ $prefix == /* ]] || fail "--prefix is '$prefix'. Write a whole path, such as /opt/$NAME."
    [[ $prefix =~ ^[A-Za-z0-9/._-]+$ ]] || fail "--prefix is '$prefix'. Use letters, digits, dots, dashes and slashes only."
}

check_machine() {
    [ "$(id -u)" -eq 0 ] || fail "this needs root, for it makes a user and writes to $prefix. Run it with sudo."
    command -v apt-get >/dev/null || fail "this is for Debian and Ubuntu; apt-get was not found."
    for each in "${CODE[@]}"; do
        [ -e "$each" ] || fail "$each is missing beside packaging/. Run it from a whole checkout."
    done
    if $with_service && ! command -v systemctl >/dev/null; then
        fail "systemd was not found. Run it with --no-service, and start the dashboard with a supervisor of your own."
    fi
}

find_python() {
    if [ -z "$python" ]; then
        install_packages_of_python
        python=$(command -v python3) || fail "python3 was not found, and apt-get could not install it."
    fi
    "$python" -c "$NEW_ENOUGH" 2>/dev/null ||
        fail "$python is too old or does not run. Python $OLDEST or newer is needed: name one with --python PATH."
    "$python" -c "import ensurepip, venv" 2>/dev/null ||
        fail "$python can't make virtual environments. Install its venv package, such as python3-venv."
}

install_packages_of_python() {
    if ! python3 -c "import ensurepip, venv" 2>/dev/null; then
        echo "Installing Python …"
        apt-get update -q
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3 python3-venv ca-certificates
    fi
}

make_user() {
    if ! id "$NAME" >/dev/null 2>&1; then
        useradd --system --user-group --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin "$NAME"
    fi
    install -d -m 0700 -o "$NAME" -g "$NAME" "$STATE"
}

# What is installed is told by this: a second run with nothing new changes nothing.
fingerprint() {
    {
        "$python" -c 'import sys; print(sys.version)'
        find "${CODE[@]}" packaging -type f -not -name '*.pyc' -print0 | sort -z | xargs -0 sha256sum
    } | sha256sum | cut -d ' ' -f 1
}

install_code() {
    local wanted release
    wanted=$(fingerprint)
    if [ "$(cat "$prefix/current/.fingerprint" 2>/dev/null)" = "$wanted" ]; then
        echo "The code in $prefix is this one already."
        return
    fi
    release=$prefix/releases/$(date -u +%Y%m%dT%H%M%SZ)
    echo "Installing into $release …"
    # A run that was cut short leaves a folder that nothing points at; the next one removes it.
    install -d -m 0755 "$prefix" "$prefix/releases" "$release"
    cp -R --parents "${CODE[@]}" "$release"
    find "$release" -name __pycache__ -prune -exec rm -rf {} +
    ln -s "$CONFIG/secrets.toml" "$release/.streamlit/secrets.toml"
    "$python" -m venv "$release/.venv"
    "$release/.venv/bin/python" -m pip install --quiet --no-cache-dir --disable-pip-version-check \
        --only-binary :all: --require-hashes -r requirements.lock
    # What installs is not needed to run, and is one thing less that could be used against it.
    "$release/.venv/bin/python" -m pip uninstall --quiet --yes setuptools pip
    # The service may not write here, so what it would compile at each start is compiled now.
    "$release/.venv/bin/python" -m compileall -q "$release/app.py" "$release/pages" "$release/hubspot"
    chmod -R u=rwX,go=rX "$release"
    setpriv --reuid="$NAME" --regid="$NAME" --clear-groups "$release/.venv/bin/python" -c "" ||
        fail "the user $NAME can't run $python. Name one outside of /root and /home with --python PATH."
    echo "$wanted" >"$release/.fingerprint"
    switch_to "$release"
}

switch_to() {
    local before
    has_changed=true
    before=$(readlink -f "$prefix/current" || true)
    ln -sfn "$1" "$prefix/current.new"
    mv -T "$prefix/current.new" "$prefix/current"
    # The one before stays, to go back to.
    find "$prefix/releases" -mindepth 1 -maxdepth 1 -not -path "$1" -not -path "${before:-$1}" -exec rm -rf {} +
}

install_settings() {
    install -d -m 0750 -o root -g "$NAME" "$CONFIG"
    if [ ! -e "$CONFIG/environment" ]; then
        local key
        key=$("$python" -c "import base64, os; print(base64.b64encode(os.urandom(32)).decode())")
        (umask 077 && sed "s|^# DASHBOARD_KEYS=.*|DASHBOARD_KEYS=k1:$key|" packaging/environment.example >"$CONFIG/environment")
        echo "Wrote $CONFIG/environment with a new key: keep a copy of it, apart from $STATE."
    fi
    chown root:"$NAME" "$CONFIG/environment"
    chmod 0640 "$CONFIG/environment"
}

install_service() {
    fill_in "packaging/$NAME@.service" "$UNITS/$NAME@.service" 0644
    fill_in "packaging/$NAME" "/usr/local/bin/$NAME" 0755
    if [ ! -d /run/systemd/system ]; then
        echo "systemd does not run here: enable $NAME@8501 once it does."
        return
    fi
    systemctl daemon-reload
    restart_replicas
}

fill_in() {
    local before
    before=$(cat "$2" 2>/dev/null || true)
    sed "s|@PREFIX@|$prefix|g" "$1" >"$2"
    chmod "$3" "$2"
    [ "$(cat "$2")" = "$before" ] || has_changed=true
}

wait_for() {
    local waited
    for waited in $(seq 60); do
        if "$python" -c "import urllib.request as web; web.urlopen('http://localhost:$1/readyz', timeout=2)" 2>/dev/null; then
            return
        fi
        sleep 1
    done
    echo "Port $1 is not ready after $waited s: journalctl -u $NAME@$1 says why. Going back: see docs/operate.md."
    exit 1
}

restart_replicas() {
    local running unit
    running=$(systemctl list-units --plain --no-legend --state=active,activating "$NAME@*.service" | cut -d ' ' -f 1)
    if [ -z "$running" ]; then
        echo "Start it: systemctl enable --now $NAME@8501"
        return
    fi
    $has_changed || return 0
    # One after the other: a proxy in front finds one that answers.
    for unit in $running; do
        echo "Restarting $unit …"
        systemctl restart "$unit"
        wait_for "${unit//[!0-9]/}"
    done
}

main() {
    read_options "$@"
    cd "$(dirname "${BASH_SOURCE[0]}")/.."
    check_machine
    find_python
    make_user
    install_code
    if $with_service; then
        install_settings
        install_service
    fi
    echo "Done."
}

main "$@"
