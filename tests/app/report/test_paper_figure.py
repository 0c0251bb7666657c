import dataclasses

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.canvas.overlays.explanation_map import CLASS_COLOURS
from app.canvas.overlays.map_scale import MapView
from app.report.paper_figure import compose_figure, figure_pdf, figure_png, write_figure
from app.report.reported_image import ReportedExplanation
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.errors import ReportError
from tests.app.predictions import explanation, prediction
from tests.app.report.documents import opened, texts_of
from tests.app.report.images import IDENTIFYING_TEXTS, pixels_of, reported

NOTHING = ReportedExplanation(explanation({}))


def scores_of(digits):
    return pixels_of(compose_figure(reported(prediction=prediction(digits), explanation=NOTHING)).panels[2][0])


def test_the_figure_has_three_pictures_of_one_height_and_their_captions():
    figure = compose_figure(reported())
    assert [caption for _image, caption in figure.panels] == [
        "Radiograph",
        "Aligned, lungs only",
        "Explanation map, predicted scores",
    ]
    widths = [figure.panel_height_mm * image.width() / image.height() for image, _caption in figure.panels]
    assert sum(widths) + 6 + 10 == pytest.approx(190)


@pytest.mark.parametrize(
    ("digit", "is_its_colour"),
    [
        ("0", lambda pixels: (pixels > 240).all(axis=2)),
        ("1", lambda pixels: (np.abs(pixels - (255, 150, 30)) < 12).all(axis=2)),
        ("2", lambda pixels: (np.abs(pixels - (225, 35, 35)) < 12).all(axis=2)),
        ("3", lambda pixels: (pixels < 12).all(axis=2)),
    ],
)
def test_scores_are_written_in_the_colour_of_their_class(digit, is_its_colour):
    written = scores_of(digit * 6)
    other = scores_of(("1" if digit != "1" else "2") * 6)
    changed = (written != other).any(axis=2)
    assert is_its_colour(written)[changed].sum() > 6 * 200


def test_the_scores_differ_in_shape_and_not_in_colour_alone():
    """Seen in grey, and with every colour as one: two digits are still told apart."""
    two, three = scores_of("222222"), scores_of("333333")
    rims = [(pixels > 240).all(axis=2) for pixels in (two, three)]
    assert (rims[0] != rims[1]).sum() > 6 * 100


def test_the_figure_says_score_model_and_warning_and_names_no_patient():
    figure = compose_figure(reported())
    data = figure_pdf(figure)
    (text,) = texts_of(data)
    for part in (
        *("Prediction: 012321, global 9 / 18", "0123456789abcdef" * 4, "bsnet-test 1.2", "Complete: 16 regions."),
        *(
            "Research software, not a medical device.",
            "accepted as a frontal chest radiograph",
            "interstitial infiltrates",
        ),
    ):
        assert part in text
    with opened(data) as document:
        everything = text + " ".join(document.get_metadata_dict().values())
    assert not any(part in everything for part in IDENTIFYING_TEXTS)


def test_nothing_of_the_figure_leaves_its_page():
    data = figure_pdf(compose_figure(reported(explanation=ReportedExplanation(explanation({}), share_done=0.5))))
    with opened(data) as document:
        width, height = document[0].get_size()
        letters = document[0].get_textpage()
        for index, letter in enumerate(letters.get_text_range()):
            left, bottom, right, top = letters.get_charbox(index)
            assert letter.isspace() or (left > 10 and bottom > 10 and right < width - 10 and top < height - 10)


def test_the_picture_file_is_made_for_print_and_carries_the_model(tmp_path):
    write_figure(compose_figure(reported()), tmp_path / "figure.png")
    image = QImage(str(tmp_path / "figure.png"))
    assert image.width() == pytest.approx(190 / 25.4 * 300, abs=2)
    assert image.dotsPerMeterX() == pytest.approx(11811, abs=2)
    assert image.text("Weights-SHA-256") == "0123456789abcdef" * 4
    assert image.text("Description") == "Research software, not a medical device."
    written = (tmp_path / "figure.png").read_bytes()
    assert not any(part in written for part in (b"Zimmermann", b"PID-4711"))


def test_the_ending_of_the_name_decides_between_picture_and_page(tmp_path):
    figure = compose_figure(reported())
    write_figure(figure, tmp_path / "figure.PDF")
    assert (tmp_path / "figure.PDF").read_bytes().startswith(b"%PDF")
    with pytest.raises(ReportError, match="extensions"):
        write_figure(figure, tmp_path / "figure.jpg")
    assert not (tmp_path / "figure.jpg").exists()


def test_a_figure_needs_a_map_and_never_shows_a_hidden_prediction():
    with pytest.raises(ReportError, match="explanation map"):
        compose_figure(reported(explanation=None))
    with pytest.raises(ReportError, match="hidden"):
        compose_figure(reported(prediction_is_hidden=True))


def test_the_figure_shows_the_zones_of_the_screen_as_strongly_and_in_the_paper_s_colours():
    def map_of(opacity=1.0, **shown):
        explained = ReportedExplanation(explanation({5: (0, 0, 1), 6: (1, 1, 2)}), MapView(**shown), opacity)
        figure = compose_figure(reported(prediction=prediction("112321"), explanation=explained))
        return pixels_of(figure.panels[2][0])

    whole, without_a, faint = map_of(), map_of(zones=(Zone.E,)), map_of(opacity=0.5)
    height, width = whole.shape[:2]
    place_of_a, place_of_e = ((height * 9 // 32, width * 7 // 16), (height * 14 // 32, width * 9 // 16))
    orange, red = (np.array(CLASS_COLOURS[score].getRgb()[:3]) for score in (1, 2))
    assert whole[place_of_a] == pytest.approx(orange, abs=3)
    assert whole[place_of_e] == pytest.approx(red, abs=3)
    assert np.ptp(without_a[place_of_a]) < 12  # grey
    assert (without_a[place_of_e] == whole[place_of_e]).all()
    assert 20 < np.abs(faint[place_of_e] - whole[place_of_e]).max() < 120
    with pytest.raises(ReportError, match="hidden"):
        map_of(zones=())


def test_the_figure_says_what_computed_the_score_where_it_is_not_the_reference():
    by_another = dataclasses.replace(prediction("012321"), backend="openvino")
    assert "cpu (openvino)" in compose_figure(reported(prediction=by_another)).small_print


def test_pictures_and_pages_show_the_same():
    figure = compose_figure(reported())
    image = pixels_of(figure_png(figure))
    with opened(figure_pdf(figure)) as document:
        page = np.asarray(document[0].render(scale=300 / 72).to_pil().convert("RGB")).astype(int)
    height, width = min(image.shape[0], page.shape[0]), min(image.shape[1], page.shape[1])
    assert np.abs(image[:height, :width] - page[:height, :width]).mean() < 6


def test_every_zone_of_the_aligned_lungs_is_named():
    lungs = compose_figure(reported()).panels[1][0]
    pixels = pixels_of(lungs)
    height, width = pixels.shape[:2]
    rows = (0.0, 0.35, 0.65, 1.0)
    for zone in ZONES:
        y, x = (rows[zone.row] + rows[zone.row + 1]) / 2 * height, (zone.column + 0.5) / 2 * width
        near = pixels[round(y) - 40 : round(y) + 40, round(x) - 40 : round(x) + 40]
        assert near.min() < 20
        assert near.max() > 240
