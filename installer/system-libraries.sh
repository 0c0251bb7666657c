#!/bin/sh
# The system libraries that Qt's wheels expect of a Linux machine: installs those that are missing where it may
# (root on Debian or Ubuntu), else names them. Always ends with status 0: what follows goes on with what works.
set -u

# What Qt links against that its wheels do not bring along, and the Debian package of each.
LIBRARIES='
libEGL.so.1 libegl1
libGL.so.1 libgl1
libX11.so.6 libx11-6
libX11-xcb.so.1 libx11-xcb1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libfreetype.so.6 libfreetype6
libglib-2.0.so.0 libglib2.0-0
libwayland-client.so.0 libwayland-client0
libwayland-cursor.so.0 libwayland-cursor0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-render.so.0 libxcb-render0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-util.so.1 libxcb-util1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxcb.so.1 libxcb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxkbcommon.so.0 libxkbcommon0
'

[ "$(uname -s)" = Linux ] || exit 0
PATH=$PATH:/usr/sbin:/sbin
command -v ldconfig >/dev/null 2>&1 || exit 0

has_font() {
    for folder in /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" \
        "${HOME:-/nonexistent}/.local/share/fonts"; do
        [ -d "$folder" ] && [ -n "$(find -L "$folder" -name '*.[to]tf' -print 2>/dev/null | head -n 1)" ] && return 0
    done
    return 1
}

find_missing() {
    known=$(ldconfig -p)
    missing_libraries= missing_packages=
    while read -r library package; do
        [ -n "$library" ] || continue
        case $known in
        *"	$library "*) ;;
        *)
            missing_libraries="$missing_libraries $library"
            missing_packages="$missing_packages $package"
            ;;
        esac
    done <<LIST
$LIBRARIES
LIST
    if ! has_font; then
        missing_libraries="$missing_libraries (a font)"
        missing_packages="$missing_packages fonts-dejavu-core"
    fi
}

find_missing
[ -n "$missing_packages" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Qt's system libraries:$missing_packages"
    # shellcheck disable=SC2086 # a list of words
    if DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing_packages >/dev/null; then
        find_missing
    fi
fi

if [ -n "$missing_packages" ]; then
    {
        echo "The viewer's window needs system libraries that are missing here:$missing_libraries"
        if command -v apt-get >/dev/null 2>&1; then
            echo "Install them with:"
            echo "    sudo apt-get install --no-install-recommends$missing_packages"
        else
            echo "Install them with your system's package manager; on Debian and Ubuntu the packages are called:"
            echo "   $missing_packages"
        fi
        echo "Scoring from the command line (bsnet-score) works without them."
    } >&2
fi
exit 0
