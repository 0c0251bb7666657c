#!/bin/sh
# The other programs against which the tests check what leaves this one: dcmtk, dicom3tools and Orthanc. Installs those that
# are missing where it may (root on Debian or Ubuntu), else names them; the tests skip what they then cannot check.
# Always ends with status 0.
set -u

missing=
add_if_missing() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }

PATH=$PATH:/usr/sbin:/sbin
add_if_missing dcmdump dcmtk
add_if_missing dciodvfy dicom3tools
add_if_missing Orthanc "orthanc orthanc-dicomweb"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing the programs of the checks:$missing"
    # Orthanc's package would otherwise start a server that listens.
    policy=/usr/sbin/policy-rc.d
    made_policy=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" && made_policy=yes
    fi
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null && missing=
    [ -n "$made_policy" ] && rm -f "$policy"
fi
if [ -n "$missing" ]; then
    echo "Not installed, so what they would check is skipped:$missing" >&2
fi
exit 0
