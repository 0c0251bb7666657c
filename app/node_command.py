"""`bsnet-node`: scores every image that arrives in a folder and sends the results to a PACS, without a screen or Qt."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings.paths import node_dir
from bsnet_core.errors import BSNetError, NetworkError, UnforeseenError
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _
from bsnet_core.node.result_stage import ResultStage
from bsnet_core.node.watched_folder import AT_REST_AFTER_S, WatchedFolder
from bsnet_core.sending.outbox import Outbox, State
from bsnet_core.sending.peer import OWN_TITLE, Peer

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from bsnet_core.inference.predictor import Predictor

EXIT_OK, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130
LOOKED_EVERY_S = 1.0
LOOPBACK = "127.0.0.1"


def build_parser() -> argparse.ArgumentParser:
    """Makes the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="bsnet-node",
        description=_("Scores the chest radiographs that arrive in a folder and sends the results to a PACS."),
        epilog=intended_use(),
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help=_("folder to watch, with all folders in it; its files stay"))
    add("--to", required=True, metavar="TITLE@HOST:PORT", help=_("AE title, host and port of the PACS"))
    add("--as", dest="own_title", default=OWN_TITLE, metavar="TITLE", help=_("own AE title (default: %(default)s)"))
    add("--state", type=Path, metavar="DIR", help=_("folder of the outbox and of what is done (default: this user's)"))
    add("--model", type=Path, metavar="DIR", help=_("model folder; the bundled model by default"))
    add("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help=_("device to compute on"))
    add(
        "--at-rest",
        type=float,
        default=AT_REST_AFTER_S,
        metavar="SECONDS",
        help=_("time without a change after which a file counts as whole (default: %(default)s)"),
    )
    add("--listen", type=int, metavar="PORT", help=_("also receive images here by C-STORE, into the folder"))
    add("--bind", default=LOOPBACK, metavar="ADDRESS", help=_("address to listen on (default: %(default)s)"))
    add("--allow", nargs="+", default=[], metavar="TITLE", help=_("AE titles that may send; all by default"))
    add("--until-empty", action="store_true", help=_("end when no new file is left and nothing waits to be sent"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the node until it is stopped.

    Returns:
        0 at the end with `--until-empty`, 1 if it could not start, 130 when interrupted.
    """
    arguments = build_parser().parse_args(argv)
    sys.stderr.write(intended_use() + "\n")
    try:
        return _run(arguments)
    except BSNetError as error:
        sys.stderr.write(f"bsnet-node: {error}\n")
        return EXIT_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("bsnet-node: {sentence}\n".format(sentence=_("stopped.")))
        return EXIT_INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    if not arguments.folder.is_dir():
        raise NetworkError(_("There is no folder {folder}.").format(folder=arguments.folder))
    from bsnet_core.inference.predictor import Predictor

    peer, state = Peer.from_text(arguments.to, arguments.own_title), arguments.state or node_dir()
    outbox = Outbox(state / "outbox")
    stage = ResultStage(state / "stage", outbox, peer)
    watched = WatchedFolder(arguments.folder, state / "done", arguments.at_rest)
    predictor = Predictor.load(arguments.model, arguments.device)
    with _receiver(arguments):
        return _work(arguments, predictor, stage, watched, outbox)


def _receiver(arguments: argparse.Namespace) -> AbstractContextManager[None]:
    if arguments.listen is None:
        return nullcontext()
    from bsnet_core.node.receiver import ReceiverLimits, receiving

    here = Peer(arguments.own_title, arguments.bind, arguments.listen)
    return receiving(arguments.folder, here, ReceiverLimits(tuple(arguments.allow)))


def _work(
    arguments: argparse.Namespace,
    predictor: Predictor,
    stage: ResultStage,
    watched: WatchedFolder,
    outbox: Outbox,
) -> int:
    while True:
        for path, key in watched.at_rest(time.monotonic()):
            _deal_with(path, key, predictor, stage, watched)
            _send(outbox)
        _send(outbox)
        if arguments.until_empty and not watched.has_new and not _waits(outbox):
            return EXIT_OK
        time.sleep(LOOKED_EVERY_S)


def _deal_with(path: Path, key: str, predictor: Predictor, stage: ResultStage, watched: WatchedFolder) -> None:
    """Scores one file and hands its results over. What is printed names no file: a name can be a patient's."""
    said = _("scored")
    try:
        if not stage.has(key):
            try:
                objects = _objects_of(path, predictor)
            except BSNetError as error:
                said = _("not scored [{code}]").format(code=error.code.value)
            else:
                stage.put(key, objects)
        if stage.has(key):
            stage.hand_over(key)
        watched.note_done(key)
    except (BSNetError, OSError) as error:  # a full disk: the image is not done, and is tried again
        _log(key, str(error) if isinstance(error, BSNetError) else _("The disk cannot be written to."))
        return
    stage.drop(key)
    _log(key, said)


def _objects_of(path: Path, predictor: Predictor) -> tuple[Dataset, ...]:
    from bsnet_core.dicom_objects.result_objects import objects_of_prediction
    from bsnet_core.loading import load_radiograph

    try:
        radiograph = load_radiograph(path)
        prediction = predictor.predict(radiograph)
        return objects_of_prediction(path, radiograph, prediction, datetime.now().astimezone())
    except BSNetError:
        raise
    except Exception as error:
        # One odd file must not end the node.
        raise UnforeseenError(
            _("The file could not be processed ({kind}).").format(kind=type(error).__name__)
        ) from error


def _send(outbox: Outbox) -> None:
    for entry in outbox.send_due():
        if entry.state is not State.SENT:
            _log(entry.sop_instance, f"{entry.state.value}: {entry.reason}")


def _waits(outbox: Outbox) -> bool:
    return any(entry.state is State.WAITING for entry in outbox.entries())


def _log(what: str, said: str) -> None:
    sys.stdout.write(f"{datetime.now().astimezone().isoformat(timespec='seconds')}\t{what}\t{said}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
