"""`bsnet-train`: the staged training of BS-Net from the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

STAGE_COMMANDS = {
    "segmentation": "stage 1: lung segmentation on masks",
    "alignment": "stage 2: spatial transformer on synthetic misalignments",
    "scoring": "stage 3: scoring heads, the rest frozen",
    "end-to-end": "stage 4: everything trainable",
    "all": "every stage of the configuration, in order",
}


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog="bsnet-train", description="Train BS-Net in the paper's four stages.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in STAGE_COMMANDS.items():
        commands.add_parser(name, help=text, description=f"{text}. Resumes from the last whole epoch.")
    commands.add_parser("export", help="evaluate on held-out patients and write a model folder with its card")
    for command in commands.choices.values():
        command.add_argument("--config", type=Path, required=True, metavar="FILE", help="run configuration (TOML)")
    export = commands.choices["export"]
    export.add_argument("--to", type=Path, required=True, metavar="DIR", help="model folder to write")
    export.add_argument("--version", required=True, help="version of the weights, such as 1.0.0")
    _add_evaluate_explanations(commands)
    return parser


def _add_evaluate_explanations(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "measure explanation maps: deletion, insertion, pointing, share in the zone, stability"
    command = commands.add_parser("evaluate-explanations", help=text, description=text)
    command.add_argument("--model", type=Path, metavar="DIR", help="model folder (default: the shipped model)")
    command.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="folder of films")
    command.add_argument("--images", type=int, default=20, metavar="N", help="films at most (default: 20)")
    command.add_argument("--out", type=Path, metavar="FILE", help="JSON file to write")
    command.add_argument("--exact", action="store_true", help="exact maps; slow")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; 0 on success, 2 on a configuration or data set that cannot be used, 130 when interrupted."""
    arguments = build_parser().parse_args(argv)
    from bsnet_core.errors import BSNetError
    from training.config import ConfigurationError, RunConfig, StageName
    from training.datasets.sample import DataSetError
    from training.export import export_model
    from training.run import run_all, run_stage

    try:
        if arguments.command == "evaluate-explanations":
            from bsnet_core.explanation import Mode
            from training.explanations import evaluate_explanations

            mode = Mode.EXACT if arguments.exact else Mode.FAST
            text = evaluate_explanations(arguments.model, arguments.data, arguments.images, mode, arguments.out)
            sys.stdout.write(text + "\n")
            return 0
        config = RunConfig.from_file(arguments.config)
        if arguments.command == "all":
            run_all(config)
        elif arguments.command == "export":
            card = export_model(config, arguments.to, arguments.version)
            sys.stdout.write(f"{arguments.to}: {card.name} {card.version}, sha256 {card.sha256}\n")
        else:
            run_stage(config, StageName(arguments.command))
    except (ConfigurationError, DataSetError, BSNetError, FloatingPointError) as error:
        sys.stderr.write(f"bsnet-train: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("bsnet-train: stopped. The same command goes on from the last whole epoch.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
