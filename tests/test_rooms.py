"""The rooms of the house: who stands on whom, names that mean one thing, and a test beside every module."""

import ast
from collections import defaultdict
from itertools import permutations
from pathlib import Path, PurePosixPath

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("app", "bsnet_core", "training")
NOT_TESTED_ALONE = {
    "app/__main__.py": "tests/app/test_start.py",
    "app/background/network_process.py": "tests/app/background/test_network.py",
    "app/commands/image_menu.py": "tests/journeys/test_small_things.py",
    "app/library/measurements.py": "tests/journeys/test_kept_measurements.py",
    "app/library/order.py": "tests/app/library/test_queries.py",
    "app/library/records.py": "tests/app/library/test_rows.py",
    "app/library/samples.py": "tests/app/library/test_queries.py",
    "app/look/foldable_pane.py": "tests/app/look/test_arrangement.py",
    "app/look/qt_texts.py": "tests/journeys/test_small_things.py",
    "app/look/icons.py": "tests/app/commands/test_actions.py",
    "app/main_window.py": "tests/journeys/test_opening.py",
    "app/panels/image_history.py": "tests/journeys/test_kept_measurements.py",
    "app/panels/saved_readings.py": "tests/journeys/test_list_of_images.py",
    "app/panels/zone_grid.py": "tests/app/panels/test_comparison.py",
    "app/panels/score_strip.py": "tests/journeys/test_image_alone.py",
    "app/presenters/analysis_actions.py": "tests/journeys/test_analysis.py",
    "app/presenters/archive_password.py": "tests/journeys/test_opening.py",
    "app/presenters/change_since_prior.py": "tests/journeys/test_analysed_ahead.py",
    "app/presenters/current_image.py": "tests/journeys/test_zones.py",
    "app/presenters/image_actions.py": "tests/journeys/test_opening.py",
    "app/presenters/map_pointer.py": "tests/journeys/test_map.py",
    "app/presenters/library_files.py": "tests/journeys/test_library_in_the_window.py",
    "app/presenters/own_reading.py": "tests/journeys/test_reading_story.py",
    "app/presenters/prior_actions.py": "tests/journeys/test_prior_images.py",
    "app/presenters/prior_image.py": "tests/journeys/test_prior_images.py",
    "app/presenters/reader_name.py": "tests/journeys/test_whole_readings.py",
    "app/presenters/reading_lists.py": "tests/journeys/test_reading_list_story.py",
    "app/presenters/unsaved_readings.py": "tests/journeys/test_library_in_the_window.py",
    "app/presenters/image_list.py": "tests/journeys/test_list_of_images.py",
    "app/presenters/last_session.py": "tests/journeys/test_last_session.py",
    "app/presenters/image_repair.py": "tests/journeys/test_repair_story.py",
    "app/presenters/worklist_actions.py": "tests/journeys/test_reading_list_story.py",
    "app/report/blocks.py": "tests/app/report/test_layout.py",
    "app/report/paper.py": "tests/app/report/test_pdf.py",
    "app/report/result_files.py": "tests/app/test_score_command.py",
    "app/report/table_choices.py": "tests/app/report/test_csv_tables.py",
    "app/report/reported_image.py": "tests/app/report/test_content.py",
    "app/report/score_records.py": "tests/app/test_score_command.py",
    "app/session/reading_keys.py": "tests/app/library/test_queries.py",
    "app/session/session_signals.py": "tests/app/session/test_session.py",
    "app/session/kept_maps.py": "tests/app/session/test_session.py",
    "app/session/kept_pixels.py": "tests/app/session/test_session.py",
    "bsnet_core/child_process.py": "tests/bsnet_core/loading/test_decoder.py",
    "bsnet_core/dicom_objects/concept_codes.py": "tests/bsnet_core/dicom_objects/test_prediction_document.py",
    "bsnet_core/dicom_objects/shared_attributes.py": "tests/bsnet_core/dicom_objects/test_original_image.py",
    "bsnet_core/errors.py": "tests/app/test_italian.py",
    "bsnet_core/explanation/fast/first_order.py": "tests/bsnet_core/model/test_statistics_head.py",
    "bsnet_core/explanation/fast/local_layers.py": "tests/bsnet_core/explanation/fast/test_local_network.py",
    "bsnet_core/explanation/fast/superpixel_batches.py": "tests/bsnet_core/explanation/fast/test_fast_map.py",
    "bsnet_core/explanation/fast/traced_network.py": "tests/bsnet_core/explanation/fast/test_masking_response.py",
    "bsnet_core/inference/body_part_terms.py": "tests/bsnet_core/inference/test_stated_body_part.py",
    "bsnet_core/inference/content_limits.py": "tests/bsnet_core/inference/test_content_check.py",
    "bsnet_core/inference/prediction.py": "tests/bsnet_core/inference/test_predictor.py",
    "bsnet_core/inference/view_terms.py": "tests/bsnet_core/inference/test_stated_view.py",
    "bsnet_core/intended_use.py": "tests/app/look/test_status_line.py",
    "bsnet_core/loading/archive_entry.py": "tests/bsnet_core/loading/test_tar_archive.py",
    "bsnet_core/loading/anatomic_region_codes.py": "tests/bsnet_core/loading/test_coded_terms.py",
    "bsnet_core/loading/colour_to_grey.py": "tests/bsnet_core/loading/test_plain_image.py",
    "bsnet_core/loading/found_images.py": "tests/bsnet_core/loading/test_loading.py",
    "bsnet_core/loading/header.py": "tests/bsnet_core/loading/test_dicom.py",
    "bsnet_core/loading/sniffing.py": "tests/bsnet_core/loading/test_loading.py",
    "bsnet_core/loading/transfer_syntax.py": "tests/bsnet_core/loading/test_dicom.py",
    "bsnet_core/loading/view_codes.py": "tests/bsnet_core/loading/test_coded_terms.py",
    "bsnet_core/model/scoring.py": "tests/bsnet_core/model/test_bsnet.py",
    "bsnet_core/model/segmentation.py": "tests/bsnet_core/model/test_bsnet.py",
    "bsnet_core/progress.py": "tests/bsnet_core/loading/test_dicom_tags.py",
    "training/configuration/sections.py": "tests/training/configuration/test_run_config.py",
    "training/content_check/features.py": "tests/training/content_check/test_fit_command.py",
    "training/content_check/figures.py": "tests/training/content_check/test_fit_command.py",
    "training/content_check/fitting.py": "tests/training/content_check/test_fit_command.py",
    "training/cross_validation/fold_calibration.py": "tests/training/cross_validation/test_fold_figures.py",
    "training/cross_validation/fold_result.py": "tests/training/cross_validation/test_fold_run.py",
    "training/datasets/tables.py": "tests/training/datasets/test_sources.py",
    "training/elsewhere/measured_figures.py": "tests/training/elsewhere/test_command.py",
    "training/elsewhere/json_lines.py": "tests/training/elsewhere/test_answer_store.py",
    "training/elsewhere/map_figures.py": "tests/training/elsewhere/test_mapped_images.py",
    "training/elsewhere/measurement.py": "tests/training/elsewhere/test_command.py",
    "training/elsewhere/model_document.py": "tests/training/elsewhere/test_command.py",
    "training/elsewhere/parts.py": "tests/training/elsewhere/test_command.py",
    "training/elsewhere/targets.py": "tests/training/elsewhere/test_figure_table.py",
    "training/evaluation/lungs_and_alignment.py": "tests/training/cross_validation/test_fold_run.py",
    "training/images/misalignment.py": "tests/training/run/test_stage_run.py",
    "training/images/tensorboard_images.py": "tests/training/run/test_stage_run.py",
    "training/loop/seeds.py": "tests/training/loop/test_training_loop.py",
    "training/loop/stage.py": "tests/training/loop/test_training_loop.py",
    "training/predictions/frozen_features.py": "tests/training/stages/test_scoring_stage.py",
    "training/predictions/zone_predictions.py": "tests/training/cross_validation/test_fold_run.py",
    "training/stages/alignment_stage.py": "tests/training/run/test_stage_run.py",
    "training/stages/scoring_batches.py": "tests/training/stages/test_scoring_stage.py",
    "training/stages/segmentation_stage.py": "tests/training/run/test_stage_run.py",
    "training/stages/stage_context.py": "tests/training/stages/test_scoring_stage.py",
}
"""Modules without a test file of their own, and the one that tests them."""


def modules() -> dict[str, PurePosixPath]:
    """Dotted names of all modules and packages, and their files below the repository."""
    found = {}
    for package in PACKAGES:
        for file in sorted((REPOSITORY / package).rglob("*.py")):
            path = PurePosixPath(file.relative_to(REPOSITORY).as_posix())
            parts = path.with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imported_by(name: str) -> set[str]:
    """The project's modules that a module imports anywhere, in functions and for type checkers too."""
    found = set()
    for node in ast.walk(ast.parse((REPOSITORY / MODULES[name]).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {known for known in map(known_part_of, found) if known and known != name}


def known_part_of(name: str) -> str:
    """The module that a dotted name lies in; empty where it is none of the project's."""
    while name and name not in MODULES:
        name = name.rpartition(".")[0]
    return name


def arrows() -> dict[str, set[str]]:
    return {name: imported_by(name) for name in MODULES}


def folder_of(name: str) -> str:
    return str(MODULES[name].parent)


def test_no_two_folders_import_each_other():
    between = defaultdict(set)
    for name, imported in arrows().items():
        for other in imported:
            # A package's face hands on what lies below it.
            if folder_of(other) != folder_of(name) and MODULES[name].name != "__init__.py":
                between[folder_of(name), folder_of(other)].add(f"{name} → {other}")
    pairs = [(one, other) for one, other in permutations({f for pair in between for f in pair}, 2) if one < other]
    assert [
        (sorted(between[pair]), sorted(between[pair[::-1]]))
        for pair in pairs
        if pair in between and pair[::-1] in between
    ] == []


def test_no_modules_import_each_other_in_a_circle():
    left = arrows()
    while free := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}, "all of these lie on a circle or lead to one"


def test_a_file_name_stands_for_one_thing():
    places = defaultdict(list)
    for path in MODULES.values():
        if not path.stem.startswith("__"):
            places[path.stem].append(str(path))
    assert {stem: where for stem, where in places.items() if len(where) > 1} == {}


def mirror_of(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath("tests", *path.parts[:-1], f"test_{path.stem}.py")


def modules_to_test() -> list[PurePosixPath]:
    return [path for path in MODULES.values() if path.stem != "__init__" and "migrations" not in path.parts]


@pytest.mark.parametrize("path", modules_to_test(), ids=str)
def test_a_module_has_its_tests_in_the_same_place_below_tests(path):
    elsewhere = NOT_TESTED_ALONE.get(str(path))
    assert (REPOSITORY / mirror_of(path)).exists() == (elsewhere is None)
    if elsewhere is not None:
        assert (REPOSITORY / elsewhere).is_file()


def test_only_modules_that_exist_are_excepted():
    assert NOT_TESTED_ALONE.keys() <= {str(path) for path in modules_to_test()}
