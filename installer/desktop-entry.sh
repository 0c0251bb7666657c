#!/bin/sh
# Lets a Linux desktop know the viewer: an entry in its menu, and "Open with" for DICOM files and pictures. For the user
# who calls it alone. `installer/desktop-entry.sh --remove` takes it away again.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
program=$root/.venv/bin/bsnet-viewer
applications=${XDG_DATA_HOME:-$HOME/.local/share}/applications
entry=$applications/bsnet-viewer.desktop

refresh() {
    if command -v update-desktop-database >/dev/null 2>&1; then
        update-desktop-database -q "$applications" || true
    fi
}

if [ "${1:-}" = --remove ]; then
    rm -f -- "$entry"
    refresh
    echo "The viewer is no longer in the desktop's menu."
    exit 0
fi
if [ ! -x "$program" ]; then
    echo "The viewer is not set up yet: run make first." >&2
    exit 1
fi
# Within quotes the desktop reads these signs otherwise (Desktop Entry Specification, The Exec key).
quoted=$(printf '%s' "$program" | sed -e 's/[\\"`$]/\\&/g' -e 's/\\/\\\\/g' -e 's/%/%%/g')
mkdir -p -- "$applications"
cat >"$entry.tmp" <<END
[Desktop Entry]
Type=Application
Version=1.0
Name=BS-Net Viewer
GenericName=Chest radiograph viewer
GenericName[it]=Visualizzatore di radiografie del torace
Comment=Brixia scores of chest radiographs. Research software, not a medical device.
Comment[it]=Punteggi Brixia di radiografie del torace. Software di ricerca, non un dispositivo medico.
Exec="$quoted" %F
Terminal=false
Categories=Science;MedicalSoftware;
MimeType=application/dicom;image/png;image/jpeg;image/tiff;
END
mv -- "$entry.tmp" "$entry"
refresh
echo "The viewer is in the desktop's menu, and opens DICOM files: $entry"
