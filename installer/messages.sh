#!/bin/sh
# Collects all texts for people, brings every catalogue up to date with them and compiles it.
#
#   installer/messages.sh        all languages that there are
#   installer/messages.sh it     begins Italian where it is missing
#
# A translator then fills in resources/languages/CODE/LC_MESSAGES/bsnet.po and runs this again. Guesses that are marked
# "fuzzy" are not compiled: check them and take the mark away.
set -eu
cd "$(dirname "$0")/.."

babel="${PYBABEL:-.venv/bin/pybabel}"
folder=resources/languages
template=build/bsnet.pot

mkdir -p build "$folder"
"$babel" -q extract --keywords="_ translate to_translate translate_count:1,2" --no-default-keywords --add-comments=Translators: \
    --add-location=file --sort-by-file --width=120 --project="BS-Net Viewer" --output="$template" app bsnet_core
for language in "$@"; do
    if [ ! -f "$folder/$language/LC_MESSAGES/bsnet.po" ]; then
        "$babel" -q init --domain=bsnet --input-file="$template" --output-dir="$folder" --locale="$language" --width=120
    fi
done
for catalogue in "$folder"/*/LC_MESSAGES/bsnet.po; do
    [ -f "$catalogue" ] || continue
    language=$(basename "$(dirname "$(dirname "$catalogue")")")
    "$babel" -q update --domain=bsnet --input-file="$template" --output-dir="$folder" --locale="$language" \
        --ignore-pot-creation-date --ignore-obsolete --width=120
    "$babel" -q compile --domain=bsnet --directory="$folder" --locale="$language" --statistics
done
# Qt's own texts that Qt's catalogues lack.
for texts in "$folder"/*/qt.ts; do
    [ -f "$texts" ] || continue
    "${LRELEASE:-.venv/bin/pyside6-lrelease}" -silent "$texts" -qm "${texts%.ts}.qm"
done
