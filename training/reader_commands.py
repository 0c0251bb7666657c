"""`bsnet-train agreement` and `bsnet-train consensus`: readers compared with each other, and their common score."""

from __future__ import annotations

import csv
import io
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bsnet_core.brixia import ZONES
from bsnet_core.language import translate as _

# Nothing here may import what takes long, so that --help answers at once.


def agreement_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments of `agreement`."""
    _add_table(parser)
    parser.add_argument("--reference", required=True, metavar="READER", help=_("whom the others are compared with"))
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=_("folder for agreement.csv and agreement.md"))


def consensus_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments of `consensus`."""
    _add_table(parser)
    text = _("the readers, the most senior first; all of the table in its order by default")
    parser.add_argument("--seniority", nargs="+", metavar="READER", help=text)
    parser.add_argument("--out", type=Path, metavar="FILE", help=_("CSV table to write (default: standard output)"))


def run_agreement(arguments: Namespace) -> int:
    """Compares every reader of a table with one of them, and all with each other."""
    from training.datasets.reader_tables import load_reader_table
    from training.evaluation.agreement_document import agreement_table, pair_matrix
    from training.evaluation.agreement_figures import agreement_figures
    from training.evaluation.estimated_figures import as_csv

    table = load_reader_table(arguments.table)
    reference, figures, parts = arguments.reference, [], []
    table.common([reference])
    for reader in (name for name in table.scores if name != reference):
        rows = table.common([reader, reference])
        patients = [table.patients[row] for row in rows]
        found = agreement_figures(reader, table.scores[reader][rows], table.scores[reference][rows], patients)
        figures += found
        counted = _("{images} images of {patients} patients").format(images=len(rows), patients=len(set(patients)))
        parts.append(f"## {reader} – {reference}\n\n{counted}\n\n{agreement_table(found)}")
    everyone = table.common(list(table.scores))
    matrix = pair_matrix({reader: scores[everyone] for reader, scores in table.scores.items()})
    title = _("MAE of the zones / of the global score between every two readers, {images} images").format(
        images=len(everyone)
    )
    text = "\n".join([*parts, f"## {title}\n\n{matrix}"])
    sys.stdout.write(text)
    if arguments.out is not None:
        _write(arguments.out / "agreement.csv", as_csv(figures))
        _write(arguments.out / "agreement.md", text)
    return 0


def run_consensus(arguments: Namespace) -> int:
    """Writes the consensus of the readers of a table, for the images that all of them have scored."""
    from training.configuration.run_config import ConfigurationError
    from training.datasets.reader_tables import load_reader_table
    from training.evaluation.consensus import consensus_of

    table = load_reader_table(arguments.table)
    readers = arguments.seniority or list(table.scores)
    if len(readers) < 2:
        raise ConfigurationError(_("A consensus takes two readers or more."))
    rows = table.common(readers)
    agreed = consensus_of([table.scores[reader][rows] for reader in readers])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "patient", *(f"consensus-{zone.name}" for zone in ZONES), "consensus-Global"])
    for row, score in zip(rows, agreed, strict=True):
        writer.writerow([table.images[row], table.patients[row], *score.tolist(), int(score.sum())])
    if arguments.out is None:
        sys.stdout.write(text.getvalue())
    else:
        _write(arguments.out, text.getvalue())
    return 0


def _add_table(parser: ArgumentParser) -> None:
    text = _("CSV table: image, patient, and READER-A to READER-F for each reader; or the viewer's table of readings")
    parser.add_argument("table", type=Path, metavar="TABLE", help=text)


def _write(path: Path, text: str) -> None:
    from bsnet_core.private_files import make_private_folder, write_private
    from training.configuration.run_config import ConfigurationError

    try:
        make_private_folder(path.parent)
        write_private(path, text.encode("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            _("{path} could not be written: {reason}.").format(path=path, reason=error.strerror)
        ) from error
