"""The patient's right stands on the left of everything that is written, whichever way round a file is."""

import csv
import dataclasses
import io

import numpy as np
import pytest

from app.report import image_painting
from app.report.content import ReportChoices, compose_report
from app.report.csv_tables import readings_csv
from app.report.image_painting import ImageLayers, paint_image
from app.report.layout import Sheet
from app.report.paper import Paper
from app.report.paper_figure import compose_figure
from app.report.pdf import pdf_bytes, report_pdf
from app.report.reported_image import ReportedExplanation
from app.report.score_blocks import GRID_SHARE, ScoreGrid
from app.session.readings import ListedReading
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.display import default_voi
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from bsnet_core.standard_orientation import StandardOrientation
from tests.app.predictions import IMAGE_SHAPE, explanation, prediction
from tests.app.report.documents import places_of, text_within
from tests.app.report.images import MADE_AT, pixels_of, radiograph, reading, reported
from tests.dicom_files import write_dicom

HEIGHT, WIDTH = IMAGE_SHAPE
RIGHT_LUNG = (Zone.A, Zone.B, Zone.C)


def image_with_a_bright_right_lung(*, monochrome1=False, mirrored=False):
    """The patient's right half is bright on the screen; the file may store it in three ways."""
    shown = np.full(IMAGE_SHAPE, 40)
    shown[:, : WIDTH // 2] = 200
    stored = 255 - shown if monochrome1 else shown
    orientation = ("R", "F") if mirrored else ("L", "F")
    return radiograph(stored[:, ::-1] if mirrored else stored, monochrome1=monochrome1, patient_orientation=orientation)


def mirrored_on_the_file(result):
    """The same result of a file whose columns run the other way: A B C lie on the right of its pixel grid."""
    turned = dataclasses.replace(result.frames, turn=StandardOrientation.of(("R", "F")))
    return dataclasses.replace(result, frames=turned)


FILES = {
    "normal": (image_with_a_bright_right_lung(), prediction("012321")),
    "MONOCHROME1": (image_with_a_bright_right_lung(monochrome1=True), prediction("012321")),
    "flipped": (image_with_a_bright_right_lung(mirrored=True), mirrored_on_the_file(prediction("012321"))),
    "flipped MONOCHROME1": (
        image_with_a_bright_right_lung(monochrome1=True, mirrored=True),
        mirrored_on_the_file(prediction("012321")),
    ),
}
every_file = pytest.mark.parametrize(("image", "result"), FILES.values(), ids=FILES.keys())


def halves(image):
    """Mean grey of the left and of the right half."""
    pixels = pixels_of(image)
    middle = pixels.shape[1] // 2
    return pixels[:, :middle].mean(), pixels[:, middle:].mean()


@every_file
def test_the_patient_s_right_lung_is_on_the_left_of_the_picture(image, result):
    for painted in (
        paint_image(image, default_voi(image)),
        paint_image(image, default_voi(image), prediction=result, layers=ImageLayers(lungs=True, zones=True)),
    ):
        left, right = halves(painted.image)
        assert left > right + 100
        assert painted.sides == ("R (patient)", "L (patient)")


@every_file
@pytest.mark.parametrize("zone", ZONES)
def test_the_score_of_a_zone_stands_on_its_side_of_the_picture(image, result, zone):
    raised = result.zone_probabilities.copy()
    raised[zone.row, zone.column] = raised[zone.row, zone.column][::-1]
    other = dataclasses.replace(result, zone_probabilities=raised)
    assert other.score[zone] != result.score[zone]
    one, two = (
        pixels_of(paint_image(image, default_voi(image), prediction=each, layers=ImageLayers(zones=True)).image)
        for each in (result, other)
    )
    rows, columns = np.nonzero((one != two).any(axis=2))
    middle = one.shape[1] / 2
    assert columns.max() < middle if zone in RIGHT_LUNG else columns.min() > middle
    assert abs(rows.mean() / one.shape[0] - (0.5 + (zone.row - 1) * 0.7 / 3)) < 0.1


@every_file
def test_the_map_of_zone_a_lies_over_the_patient_s_right_lung(image, result):
    strong = dataclasses.replace(result, zone_probabilities=prediction("100000").zone_probabilities)
    # Super-pixel 5 lies left of the middle of the network's square, which is the patient's right.
    what = reported(image, prediction=strong, explanation=ReportedExplanation(explanation({5: (0, 0, 1)})))
    content = compose_report(what, ReportChoices(), MADE_AT)
    pixels = pixels_of(content.map.image)
    orange = (pixels[..., 0] - pixels[..., 2]) > 60
    columns = np.nonzero(orange)[1]
    assert len(columns) > 1000
    assert columns.max() <= pixels.shape[1] / 2 + 2


@every_file
@pytest.mark.parametrize("paper", list(Paper))
def test_the_grid_of_the_report_has_a_b_c_under_the_patient_s_right_on_the_left(image, result, paper):
    content = compose_report(reported(image, prediction=result), ReportChoices(), MADE_AT)
    data = report_pdf(content, paper)
    block = ScoreGrid(content)
    _left, _bottom, right_of_name, top = places_of(data, 0, "R (patient)")[-1]
    left_of_other = places_of(data, 0, "L (patient)")[0][0]
    assert right_of_name < left_of_other
    top_mm = paper.size_mm.height() - top / 72 * 25.4 - 1
    cells = {}

    def measure(writer, painter):
        sheet = Sheet(painter, paper.size_mm).column(0.0, GRID_SHARE)
        cells.update({zone: block.cell_area(sheet, top_mm, zone) for zone in ZONES})

    pdf_bytes(paper.size_mm, "measuring", measure)
    for zone in ZONES:
        cell = cells[zone]
        words = text_within(data, 0, cell.x() - 0.5, cell.y() - 0.5, cell.width() + 1, cell.height() + 1).split()
        assert words[0] == zone.name
        numbers = [word for word in words if word in ("0", "1", "2", "3")]
        assert numbers[:2] == [str(result.score[zone]), str(reading().score[zone])]
        middle = (right_of_name + left_of_other) / 2 / 72 * 25.4
        assert (cell.center().x() < middle) == (zone in RIGHT_LUNG)


@every_file
def test_the_figure_shows_the_patient_s_right_on_the_left_of_all_three_pictures(image, result):
    strong = dataclasses.replace(result, zone_probabilities=prediction("100000").zone_probabilities)
    lungs = np.zeros_like(result.aligned_image)
    lungs[:, :20] = 1.0
    strong = dataclasses.replace(strong, aligned_image=lungs, aligned_lung_probability=lungs)
    what = reported(image, prediction=strong, explanation=ReportedExplanation(explanation({5: (0, 0, 1)})))
    for panel, _caption in compose_figure(what).panels:
        left, right = halves(panel)
        assert left > right + 20


def test_the_table_says_whose_side_every_zone_is_on():
    one = ListedReading("Study 1", "", reading("112300"), predicted=prediction("012321").score)
    header, row = csv.reader(io.StringIO(readings_csv([one])))
    cells = dict(zip(header, row, strict=True))
    for zone in ZONES:
        side = "patient's right" if zone in RIGHT_LUNG else "patient's left"
        place = f"{zone.name} ({side}, {('upper', 'middle', 'lower')[zone.row]})"
        assert cells[f"Reading {place}"] == "112300"[zone.value]
        assert cells[f"Predicted {place}"] == "012321"[zone.value]


def test_a_film_that_states_no_side_gets_none():
    image = radiograph(patient_orientation=None)
    assert paint_image(image, default_voi(image)).sides == ("side not stated", "")


def test_zones_that_contradict_the_file_are_noted_and_the_film_is_left_as_the_screen_shows_it():
    image = image_with_a_bright_right_lung(mirrored=True)
    as_stored = prediction("012321")  # A B C on the left of the pixel grid, where the file says that the left is
    content = compose_report(reported(image, prediction=as_stored), ReportChoices(), MADE_AT)
    assert any("may be swapped" in note for note in content.notes)
    left, right = halves(content.image)
    assert right > left + 100
    consistent = compose_report(reported(image, prediction=mirrored_on_the_file(as_stored)), ReportChoices(), MADE_AT)
    assert consistent.notes == ()


def test_the_shipped_model_s_result_stands_on_the_same_side_for_every_way_of_storing_a_film(predictor, tmp_path):
    sample = load_radiograph(sample_files()[4])  # its two lungs are scored differently
    pixels = np.asarray(sample.stored)
    top = int(pixels.max())
    files = {
        "normal": write_dicom(tmp_path / "normal.dcm", pixels, sample.bits_stored),
        "MONOCHROME1": write_dicom(
            tmp_path / "mono1.dcm", top - pixels, sample.bits_stored, PhotometricInterpretation="MONOCHROME1"
        ),
        "flipped": write_dicom(
            tmp_path / "flipped.dcm",
            np.ascontiguousarray(pixels[:, ::-1]),
            sample.bits_stored,
            PatientOrientation=["R", "F"],
        ),
    }
    shown = {}
    for name, path in files.items():
        image = load_radiograph(path)
        result = predictor.predict(image)
        content = compose_report(reported(image, prediction=result, explanation=None), ReportChoices(), MADE_AT)
        doubted = any("may be swapped" in note for note in content.notes)
        plain = pixels_of(paint_image(image, default_voi(image)).image)
        shown[name] = (result.score, doubted, plain)
    assert shown["MONOCHROME1"][0] == shown["normal"][0]
    for name in ("MONOCHROME1", "flipped"):
        # The film itself is always turned the usual way round.
        assert np.abs(shown[name][2][60:] - shown["normal"][2][60:]).mean() < 1.5
    assert not shown["normal"][1]
    # A result that names the sides of a flipped film the wrong way round is never written without a word.
    normal, (score, doubted, _plain) = shown["normal"][0], shown["flipped"]
    assert normal != normal.mirrored()
    assert score == (normal.mirrored() if doubted else normal)


def test_the_names_of_the_sides_stand_whole_above_a_grid_that_is_turned(monkeypatch):
    image, result = FILES["normal"]
    cosine, sine = np.cos(np.radians(12)), np.sin(np.radians(12))
    turned = [[0.9 * cosine, -0.9 * sine, 0], [0.9 * sine, 0.9 * cosine, -0.15]]
    result = dataclasses.replace(result, frames=result.frames.with_alignment(turned))

    def painted():
        return pixels_of(
            paint_image(image, default_voi(image), prediction=result, layers=ImageLayers(zones=True)).image
        )

    usual = painted()
    monkeypatch.setattr(image_painting, "HEIGHT_OF_SIDES", image_painting.HEIGHT_OF_SIDES + 20)
    with_more_room = painted()
    added = len(with_more_room) - len(usual)
    assert added > 0
    assert (with_more_room[:added] == with_more_room[0, 0]).all(), "cut off without the room"
