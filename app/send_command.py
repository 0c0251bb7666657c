"""`bsnet-send`: sends DICOM objects to a PACS from the command line, without Qt."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.settings.paths import outbox_dir
from bsnet_core.errors import BSNetError
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _
from bsnet_core.sending.association import echo
from bsnet_core.sending.outbox import Entry, Outbox, State
from bsnet_core.sending.peer import OWN_TITLE, Peer

EXIT_OK, EXIT_SOME_WAIT, EXIT_INTERRUPTED = 0, 1, 130
LOOKED_EVERY_S = 2.0


def build_parser() -> argparse.ArgumentParser:
    """Makes the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="bsnet-send",
        description=_("Sends DICOM objects, such as those of bsnet-score --dicom-out, to a PACS, each of them once."),
        epilog=intended_use(),
    )
    add = parser.add_argument
    add("paths", nargs="*", type=Path, metavar="PATH", help=_("DICOM file or folder; none: what still waits"))
    add("--to", metavar="TITLE@HOST:PORT", help=_("AE title, host and port of the PACS; needed to add files"))
    add("--as", dest="own_title", default=OWN_TITLE, metavar="TITLE", help=_("own AE title (default: %(default)s)"))
    add("--outbox", type=Path, metavar="DIR", help=_("folder of what waits and what was sent (default: this user's)"))
    add("--echo", action="store_true", help=_("only ask whether the PACS is there and knows the own title"))
    add("--status", action="store_true", help=_("only list what is in the outbox"))
    add("--keep-trying", action="store_true", help=_("go on until nothing waits, however long the PACS is away"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        0 if nothing waits and nothing was rejected, 1 otherwise, 130 when interrupted.
    """
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.to is None and (arguments.echo or arguments.paths):
        parser.error(_("say where to, with --to TITLE@HOST:PORT"))
    try:
        return _run(arguments)
    except BSNetError as error:
        sys.stderr.write(f"bsnet-send: {error}\n")
        return EXIT_SOME_WAIT
    except KeyboardInterrupt:
        sys.stderr.write("bsnet-send: {sentence}\n".format(sentence=_("stopped.")))
        return EXIT_INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    peer = None if arguments.to is None else Peer.from_text(arguments.to, arguments.own_title)
    if arguments.echo and peer is not None:
        echo(peer)
        sys.stdout.write(_("{peer} answers.").format(peer=peer) + "\n")
        return EXIT_OK
    outbox = Outbox(arguments.outbox or outbox_dir())
    if arguments.status:
        return _show(outbox.entries())
    if peer is not None:
        added = outbox.add(_files(arguments.paths), peer)
        sys.stdout.write(_("{count} added to the outbox").format(count=added) + "\n")
    _show(outbox.send_due())
    while arguments.keep_trying and any(entry.state is State.WAITING for entry in outbox.entries()):
        time.sleep(LOOKED_EVERY_S)
        _show(outbox.send_due())
    unfinished = [entry for entry in outbox.entries() if entry.state is not State.SENT]
    return EXIT_SOME_WAIT if unfinished else EXIT_OK


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*.dcm") if each.is_file())
        else:
            yield path


def _show(entries: Sequence[Entry]) -> int:
    for entry in entries:
        cells = (entry.state.value, entry.peer, entry.sop_instance, entry.reason)
        sys.stdout.write("\t".join(cell for cell in cells if cell) + "\n")
    sys.stdout.flush()
    return EXIT_SOME_WAIT if any(entry.state is not State.SENT for entry in entries) else EXIT_OK


if __name__ == "__main__":
    sys.exit(main())
