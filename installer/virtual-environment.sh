#!/bin/sh
# Makes .venv beside pyproject.toml and installs the program into it with its development tools.
# Does nothing while .venv belongs to this folder and to this pyproject.toml.
set -eu
cd "$(dirname "$0")/.."

STAMP=.venv/installed-for
SUITABLE='import sys; sys.exit(sys.version_info < (3, 11))'

say_stamp() {
    pwd
    cat pyproject.toml
}

if [ -x .venv/bin/python ] && [ -f "$STAMP" ] && say_stamp | cmp -s - "$STAMP"; then
    exit 0
fi

# Clearing a link would empty the environment that it leads to, which is somebody else's.
if [ -L .venv ]; then
    rm .venv
fi

find_python() {
    for name in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
        # A name may be there and not work (version managers leave such), so each is tried.
        if [ -n "$name" ] && "$name" -c "$SUITABLE" >/dev/null 2>&1; then
            python=$name
            return 0
        fi
    done
    return 1
}

may_install() {
    [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1
}

install_packages() {
    echo "Installing $*"
    DEBIAN_FRONTEND=noninteractive apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

if ! find_python && may_install; then
    install_packages python3 python3-venv || true
fi
if ! find_python; then
    {
        echo "Python 3.11 or newer is missing."
        echo "Debian 12, Ubuntu 24.04 and newer:  sudo apt-get install python3 python3-venv"
        echo "Elsewhere: install Python from python.org or your system's packages, or name the one to use:"
        echo "    make run PYTHON=/path/to/python3"
    } >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if may_install; then
        install_packages "$package" || true
    fi
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        {
            echo "$("$python" --version) is here without its venv module, which Debian and Ubuntu pack separately."
            echo "Install it with:  sudo apt-get install $package"
        } >&2
        exit 1
    fi
fi

is_usable() {
    # The commands in .venv/bin name their folder: an environment that was moved or copied is of no use.
    [ -f .venv/bin/pip ] && head -n 2 .venv/bin/pip | grep -qF "$(pwd)/.venv/" &&
        .venv/bin/python -c "$SUITABLE" >/dev/null 2>&1 && .venv/bin/python -m pip --version >/dev/null 2>&1
}

if ! is_usable; then
    echo "Making the virtual environment .venv with $("$python" --version)"
    "$python" -m venv --clear .venv
fi
echo "Installing BS-Net Viewer and what it needs into .venv (the first time this takes some minutes)"
.venv/bin/python -m pip install --disable-pip-version-check --progress-bar off --editable '.[dev]' || {
    echo "The Python packages could not be installed; the lines above say why. The same command tries again." >&2
    exit 1
}
say_stamp >"$STAMP"
