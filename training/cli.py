"""`bsnet-train`: the staged training of BS-Net from the command line."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bsnet_core.language import translate as _
from training.reader_commands import agreement_arguments, consensus_arguments, run_agreement, run_consensus

# Nothing here may import torch, so that --help answers at once.


@dataclass(frozen=True, slots=True)
class Command:
    """One subcommand.

    Attributes:
        name: Its name.
        summary: Its effect in one line.
        run: Executes it and returns the exit status.
        add_arguments: Adds its own arguments.
        of_run: Whether it is about a run and takes `--config`.
    """

    name: str
    summary: str
    run: Callable[[Namespace], int]
    add_arguments: Callable[[ArgumentParser], None] = lambda parser: None
    of_run: bool = True


def commands() -> tuple[Command, ...]:
    """All subcommands in the order of the help."""
    resumes = _("resumes after the last whole epoch")
    return (
        Command(
            "init", _("write a configuration for the data sets below a folder"), _init, _init_arguments, of_run=False
        ),
        Command("agreement", _("compare readers with each other"), run_agreement, agreement_arguments, of_run=False),
        Command("consensus", _("common score of readers"), run_consensus, consensus_arguments, of_run=False),
        Command("runs", _("list the runs below a folder"), _runs, _runs_arguments, of_run=False),
        Command("prepare", _("check the data sets, write a report and fill the cache"), _prepare),
        Command("segmentation", _("stage 1: lung segmentation on masks") + f"; {resumes}", _run_stage),
        Command("severity", _("optional: severity as other hospitals scored it") + f"; {resumes}", _run_stage),
        Command("alignment", _("stage 2: alignment on synthetic misalignments") + f"; {resumes}", _run_stage),
        Command("scoring", _("stage 3: scoring heads, the rest of the network frozen") + f"; {resumes}", _run_stage),
        Command("end-to-end", _("stage 4: the whole network") + f"; {resumes}", _run_stage),
        Command("all", _("every stage of the configuration, in order") + f"; {resumes}", _run_all),
        Command(
            "cross-validate",
            _("repeated cross-validation of the scoring stages by patient; resumes after the last whole fold"),
            _cross_validate,
            _cross_validation_arguments,
        ),
        Command(
            "export",
            _("evaluate on held-out patients and write a model folder with its card"),
            _export,
            _export_arguments,
        ),
        Command(
            "evaluate-explanations",
            _("measure explanation maps: deletion, insertion, pointing game, share in the zone, stability"),
            _evaluate_explanations,
            _explanation_arguments,
            of_run=False,
        ),
        Command(
            "measure-elsewhere",
            _("measure models on images of other hospitals that none was trained on; resumes after the last image"),
            _measure_elsewhere,
            _elsewhere_arguments,
            of_run=False,
        ),
        Command(
            "content-check",
            _("fit and measure the input check by content of a model folder, and write it there"),
            _content_check,
            _content_check_arguments,
            of_run=False,
        ),
    )


def build_parser() -> ArgumentParser:
    """The command line parser."""
    parser = ArgumentParser(
        prog="bsnet-train",
        description=_("Train BS-Net in the paper's four stages. On several GPUs: torchrun -m training.cli."),
    )
    subparsers = parser.add_subparsers(dest="command", required=True)
    for command in commands():
        subparser = subparsers.add_parser(command.name, help=command.summary, description=command.summary)
        if command.of_run:
            text = _("run configuration (TOML)")
            subparser.add_argument("--config", type=Path, required=True, metavar="FILE", help=text)
            text = _("a setting over that of the file, such as stages.scoring.epochs=20; may be given several times")
            subparser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help=text)
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        0 on success, 1 if `prepare` found faults, 2 if a configuration or a data set cannot be used, 130 when
        interrupted.
    """
    arguments = build_parser().parse_args(argv)
    from torch import distributed

    from bsnet_core.errors import BSNetError

    try:
        status: int = arguments.run(arguments)
    except (BSNetError, FloatingPointError) as error:
        _complain(str(error))
        return 2
    except KeyboardInterrupt:
        _complain(_("stopped. Run the same command to resume after the last whole epoch."))
        return 130
    finally:
        if distributed.is_available() and distributed.is_initialized():
            distributed.destroy_process_group()
    return status


def _init_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=_("a data set, or a folder of data sets"))
    parser.add_argument(
        "--to", type=Path, default=Path("run.toml"), metavar="FILE", help=_("file to write (default: %(default)s)")
    )


def _init(arguments: Namespace) -> int:
    from training.configuration.new_configuration import write_configuration

    for found in write_configuration(arguments.folder, arguments.to):
        sys.stdout.write(f"{found}\n")
    sys.stdout.write(_("{file} is written. Go on with: bsnet-train prepare --config {file}").format(file=arguments.to))
    sys.stdout.write("\n")
    return 0


def _runs_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("runs"), metavar="FOLDER", help=_("folder (default: %(default)s)")
    )
    parser.add_argument(
        "--sort",
        choices=("changed", "name", "zones", "global", "ece", "dice"),
        default="changed",
        help=_(
            "order (default: %(default)s): zones, global and ece are MAEs and calibration error of the "
            "cross-validation, dice is that of the lungs"
        ),
    )


def _runs(arguments: Namespace) -> int:
    from training.run.run_listing import as_table, list_runs

    sys.stdout.write(as_table(list_runs(arguments.folder, arguments.sort)))
    return 0


def _run_stage(arguments: Namespace) -> int:
    from training.configuration.run_config import RunConfig
    from training.configuration.sections import StageName
    from training.run.stage_run import run_stage

    run_stage(RunConfig.from_file(arguments.config, arguments.set), StageName(arguments.command))
    return 0


def _run_all(arguments: Namespace) -> int:
    from training.configuration.run_config import RunConfig
    from training.run.stage_run import run_all

    run_all(RunConfig.from_file(arguments.config, arguments.set))
    return 0


def _prepare(arguments: Namespace) -> int:
    from training.configuration.run_config import RunConfig
    from training.data_check import prepare_run, summary_lines

    config = RunConfig.from_file(arguments.config, arguments.set)
    report = prepare_run(config)
    sys.stdout.write("\n".join(summary_lines(report, config)) + "\n")
    return 0 if report["sound"] else 1


def _cross_validation_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--folds", type=int, default=5, metavar="N", help=_("parts of the scored patients (default: 5)")
    )
    parser.add_argument("--repeats", type=int, default=3, metavar="N", help=_("divisions into parts (default: 3)"))
    parser.add_argument(
        "--trunk",
        type=Path,
        metavar="FILE",
        help=_("segmentation and alignment weights not trained on scores (default: the run's alignment stage)"),
    )
    parser.add_argument(
        "--trunk-per-fold", action="store_true", help=_("train segmentation and alignment in every fold")
    )
    parser.add_argument("--without-end-to-end", action="store_true", help=_("skip the end-to-end stage"))


def _cross_validate(arguments: Namespace) -> int:
    from training.configuration.run_config import RunConfig
    from training.cross_validation.fold_figures import summary_lines
    from training.cross_validation.fold_run import cross_validate
    from training.cross_validation.folds import Plan

    config = RunConfig.from_file(arguments.config, arguments.set)
    plan = Plan(
        folds=arguments.folds,
        repeats=arguments.repeats,
        trunk=arguments.trunk,
        trunk_per_fold=arguments.trunk_per_fold,
        end_to_end=not arguments.without_end_to_end,
    )
    figures = cross_validate(config, plan)
    if os.environ.get("RANK", "0") == "0":
        sys.stdout.write("\n".join(summary_lines(figures)) + "\n")
    return 0


def _export_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help=_("model folder to write"))
    parser.add_argument("--version", required=True, help=_("version of the weights, such as 1.0.0"))
    parser.add_argument(
        "--stage",
        choices=("segmentation", "alignment", "scoring", "end-to-end"),
        help=_("stage of the weights (default: the scoring stage with the lower validation value)"),
    )
    parser.add_argument(
        "--weights",
        choices=("best", "last", "mean"),
        default="best",
        help=_("weights of the best epoch on validation (default), of the last, or the mean of both"),
    )
    parser.add_argument(
        "--cross-validation",
        type=Path,
        metavar="FILE",
        help=_("cross-validation.json of another run of the same recipe, for the card (default: this run's)"),
    )


def _export(arguments: Namespace) -> int:
    from training.configuration.run_config import RunConfig
    from training.configuration.sections import StageName
    from training.export import WeightsChoice, export_model

    card = export_model(
        RunConfig.from_file(arguments.config, arguments.set),
        arguments.to,
        arguments.version,
        stage=StageName(arguments.stage) if arguments.stage else None,
        choice=WeightsChoice(arguments.weights),
        cross_validation=arguments.cross_validation,
    )
    sys.stdout.write(f"{arguments.to}: {card.name} {card.version}, sha256 {card.sha256}\n")
    return 0


def _complain(text: str) -> None:
    sys.stderr.write(f"bsnet-train: {text}\n")


def _explanation_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="DIR", help=_("model folder (default: the shipped model)"))
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help=_("folder of images"))
    parser.add_argument("--images", type=int, default=20, metavar="N", help=_("largest number of images (default: 20)"))
    parser.add_argument("--out", type=Path, metavar="FILE", help=_("JSON file to write"))
    parser.add_argument("--exact", action="store_true", help=_("measure exact maps, which is slow"))
    parser.add_argument(
        "--outlines",
        type=Path,
        metavar="FOLDER",
        help=_("radiologists' outlines of disease: bit masks named as the images"),
    )
    parser.add_argument("--maps", nargs="+", default=(), metavar="NAME", help=_("the maps to measure"))


def _evaluate_explanations(arguments: Namespace) -> int:
    from bsnet_core.explanation import Mode
    from training.evaluation.explanation_evaluation import evaluate_explanations

    mode = Mode.EXACT if arguments.exact else Mode.FAST
    text = evaluate_explanations(
        arguments.model,
        arguments.data,
        arguments.images,
        mode,
        arguments.out,
        outlines=arguments.outlines,
        maps=arguments.maps,
    )
    sys.stdout.write(text + "\n")
    return 0


def _elsewhere_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--weights",
        type=Path,
        action="append",
        metavar="DIR",
        help=_("model folder, repeatable (default: the shipped model)"),
    )
    parser.add_argument(
        "--stored", action="store_true", help=_("load no weights: write the tables again from stored answers")
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        metavar="FOLDER",
        help=_("folder with one folder per source (default: ../shared/data)"),
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("docs/measured"),
        metavar="FOLDER",
        help=_("folder of answers and figures; other weights measured there stand beside (default: docs/measured)"),
    )
    parser.add_argument("--parts", nargs="+", metavar="PART", help=_("parts to measure (default: all)"))
    parser.add_argument("--again", nargs="+", default=[], metavar="PART", help=_("parts to measure from the beginning"))
    parser.add_argument(
        "--cross-validation",
        type=Path,
        metavar="FILE",
        help=_("configuration of the run whose cross-validation belongs to the newest weights"),
    )
    parser.add_argument(
        "--other-images", type=Path, metavar="FOLDER", help=_("images that show no chest, one folder per kind")
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help=_("Markdown document to write"))


def _measure_elsewhere(arguments: Namespace) -> int:
    from training.elsewhere.command import Request, measure_elsewhere, parts_named

    weights = tuple(arguments.weights or (None,))
    request = Request(
        data=arguments.data,
        output=arguments.output,
        weights=() if arguments.stored else weights,
        parts=parts_named(arguments.parts),
        again=frozenset(parts_named(arguments.again)) if arguments.again else frozenset(),
        cross_validation=arguments.cross_validation,
        other_images=arguments.other_images,
        document=arguments.write,
    )
    sys.stdout.write(measure_elsewhere(request) + "\n")
    return 0


def _content_check_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, required=True, metavar="DIR", help=_("model folder, which is changed"))
    parser.add_argument(
        "--source",
        action="append",
        required=True,
        metavar="KIND=FOLDER",
        help=_("data set of frontal chest radiographs, such as hannover=FOLDER; may be given several times"),
    )
    parser.add_argument(
        "--others", type=Path, metavar="FOLDER", help=_("folder with folders of images that are no chest radiographs")
    )


def _content_check(arguments: Namespace) -> int:
    from training.content_check.fit_command import fit_content_check, source_of

    lines = fit_content_check(arguments.model, [source_of(text) for text in arguments.source], arguments.others)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
