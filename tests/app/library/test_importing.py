"""A folder of many films: listed from its headers, looked at with what is in sight first, kept some at a time."""

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from app.background.analysis import SAMPLED_PX, Analysis, ModelChoice, thumbnail_of
from app.library.keeper import REMEMBERED_AT_ONCE, Keeper
from app.library.library import Library
from app.library.records import Draft, KeptAnnotations, SeenImage
from app.panels.image_rows import ImageRows
from app.panels.images import SESSION_LINES
from app.session.session import KEPT_RADIOGRAPHS, ImageState, Session
from app.settings.paths import LIBRARY_NAME
from bsnet_core.brixia import Zone
from bsnet_core.errors import UnreadableImageError, UnsupportedObjectError
from bsnet_core.loading import load_metadata, load_radiograph
from bsnet_core.radiograph import ImageMetadata, Radiograph
from tests.app.library_content import kept_prediction, metadata, reading
from tests.dicom_files import CT, ramp, write_dicom

IMAGES = 80


@pytest.fixture
def folder(tmp_path):
    images = tmp_path / "films"
    images.mkdir()
    for number in range(IMAGES):
        write_dicom(
            images / f"{number:03d}.dcm", ramp(64, 64), bits=12, PatientName=f"Patient^{number}", PatientID=f"P{number}"
        )
    return images


@pytest.fixture
def session(qapp):
    return Session()


@pytest.fixture
def analysis(session, tmp_path):
    made = Analysis(session, ModelChoice(tmp_path))
    yield made
    while not made.close():
        pass


def images_of(session):
    return sum(image.thumbnail is not None for image in session.images)


def test_all_films_of_a_folder_are_listed_before_their_pictures_are_looked_at(qtbot, session, analysis, folder):
    told = []
    session.metadata_known.connect(lambda keys: told.append(("listed", keys)))
    session.looks_known.connect(lambda keys: told.append(("seen", keys)))
    analysis.loaded.connect(lambda key, loaded: told.append(("read", (key,))))
    analysis.open([folder])
    qtbot.waitUntil(lambda: images_of(session) == IMAGES)
    steps = [what for what, _ in told]
    assert told[0] == ("read", (0,))  # the film for the screen waits for nobody
    assert steps.index("seen") > len(steps) - 1 - steps[::-1].index("listed")
    for what in ("listed", "seen"):
        assert sorted(key for step, keys in told if step == what for key in keys) == list(range(1, IMAGES))
    assert [image.title for image in session.images] == [f"Patient {number}" for number in range(IMAGES)]
    assert all(image.state is ImageState.READY for image in session.images)


def test_of_a_folder_only_as_many_films_are_read_whole_as_stay_in_memory(qtbot, session, analysis, folder):
    read = []
    analysis.loaded.connect(lambda key, loaded: read.append(key))
    analysis.open([folder])
    qtbot.waitUntil(lambda: len(read) == KEPT_RADIOGRAPHS)
    assert read == list(range(KEPT_RADIOGRAPHS))
    assert all(image.thumbnail is not None for image in session.images)
    analysis.load(50)
    qtbot.waitUntil(lambda: len(read) > KEPT_RADIOGRAPHS)
    assert read[KEPT_RADIOGRAPHS:] == [50]


def test_films_in_sight_are_looked_at_before_the_others(qtbot, session, analysis, folder):
    seen = []
    session.looks_known.connect(seen.extend)
    session.images_added.connect(lambda keys: analysis.prefer([70, 71]))
    session.metadata_known.connect(lambda keys: analysis.prefer([70, 71]))
    analysis.open([folder])
    qtbot.waitUntil(lambda: len(seen) == IMAGES - 1)
    assert seen[:2] == [70, 71]


def test_a_film_that_is_chosen_goes_before_all_that_nobody_has_chosen(qtbot, session, analysis, folder):
    read, seen = [], []
    analysis.loaded.connect(lambda key, loaded: read.append((key, len(seen))))
    session.looks_known.connect(seen.extend)
    session.images_added.connect(lambda keys: analysis.load(50))
    analysis.open([folder])
    qtbot.waitUntil(lambda: len(seen) == IMAGES - 2)
    assert (50, 0) in read[:2]
    assert sorted([0, 50, *seen]) == list(range(IMAGES))


def test_films_that_cannot_be_read_say_so_and_the_next_one_comes_to_the_screen(qtbot, session, analysis, folder):
    rejected = []
    analysis.failed.connect(lambda name, error: rejected.append(name))
    for name in ("000.dcm", "001.dcm", "040.dcm"):
        (folder / name).write_bytes(b"no film")
    analysis.open([folder])
    qtbot.waitUntil(lambda: session.current is not None and session.current.key == 2)
    qtbot.waitUntil(lambda: sorted(rejected) == ["000.dcm", "001.dcm", "040.dcm"])
    qtbot.waitUntil(lambda: sum(image.is_loaded for image in session.images) == IMAGES - 3)
    assert session.image(40).state is ImageState.UNREADABLE


@pytest.mark.parametrize("image", ["grey", "inverted", "signed"])
def test_a_thumbnail_of_few_pixels_looks_as_one_of_all_pixels(tmp_path, image):
    pixels = ramp(900, 700)
    tags = {"PhotometricInterpretation": "MONOCHROME1"} if image == "inverted" else {}
    if image == "signed":
        pixels = (pixels.astype(np.int32) - 2048).astype(np.int16)
    path = write_dicom(tmp_path / "film.dcm", pixels, bits=12, **tags)
    whole, sampled = (thumbnail_of(load_radiograph(path, sampled_px=px)) for px in (None, SAMPLED_PX))
    assert whole.shape == sampled.shape
    assert np.abs(whole.astype(int) - sampled).max() <= 4


def test_facts_of_a_header_are_those_of_the_whole_file(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), bits=12, StudyDescription="Chest")
    assert load_metadata(path) == load_radiograph(path).metadata


def test_facts_do_not_need_the_pixels_and_say_what_is_no_radiograph(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), bits=12)
    path.write_bytes(path.read_bytes()[:-20_000])
    assert load_metadata(path).patient_name == "Test^Patient"
    ct = write_dicom(tmp_path / "ct.dcm", ramp(), bits=12, SOPClassUID=CT, Modality="CT")
    with pytest.raises(UnsupportedObjectError):
        load_metadata(ct)
    (tmp_path / "letter").write_text("Dear colleague")
    with pytest.raises(UnreadableImageError):
        load_metadata(tmp_path / "letter")


def accept(session, path, known):
    radiograph = Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False, metadata=known)
    session.accept_radiograph(session.add(path).key, radiograph, np.zeros((8, 8), dtype=np.uint8))


def test_many_films_come_into_the_library_with_few_writes(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    kept, changes = [], []
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    keeper.changed.connect(lambda: changes.append(len(kept)))
    count = 2 * REMEMBERED_AT_ONCE + 1
    for number in range(count):
        accept(session, tmp_path / f"{number}.dcm", metadata(number))
    qtbot.waitUntil(lambda: len(kept) == count)
    assert [after for after in changes if after] == [1, 1 + REMEMBERED_AT_ONCE, count]
    assert keeper.close()


def test_a_film_that_is_gone_does_not_keep_the_others_out_of_the_library(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    failures, kept = [], []
    keeper.failed.connect(failures.append)
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    for number, known in enumerate((metadata(1), ImageMetadata(), metadata(2))):
        accept(session, tmp_path / f"gone-{number}.png", known)
    qtbot.waitUntil(lambda: sorted(kept) == [0, 2] and bool(failures), timeout=20_000)
    assert "gone-1.png is no longer there" in str(failures[0])
    assert keeper.close()


def test_many_films_are_recalled_as_one_by_one_each_with_its_own(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    numbers = [image.number for image in library.remember_images(SeenImage(metadata(n), tmp_path) for n in (1, 2, 3))]
    for number in numbers[:2]:
        library.add_prediction(number, kept_prediction())
        library.add_reading(number, reading(reader=f"Reader {number}"))
        library.save_draft(number, Draft("Dr. A", {Zone.B: number}, reading().started_at))
        library.add_annotations(number, KeptAnnotations("Dr. A", (), reading().saved_at))
        library.note_seen(number, f"Reader {number}", reading().saved_at)
    together = library.recall_all(numbers, "Dr. A")
    assert together == {number: library.recall(number, "Dr. A") for number in numbers}
    assert [len(together[number].readings) for number in numbers] == [1, 1, 0]
    assert [together[number].draft is None for number in numbers] == [False, False, True]
    assert together[numbers[1]].seen_by == {f"Reader {numbers[1]}"}
    with pytest.raises(KeyError):
        library.recall(99, "Dr. A")
    library.close()


def test_films_taken_in_together_are_all_there_or_none(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    images = [SeenImage(metadata(number), tmp_path / f"{number}.dcm") for number in (1, 2, 1)]
    first, second, again = library.remember_images(images)
    assert (first.number, again.number) == (1, 1)
    assert second.number == 2
    with pytest.raises(ValueError, match="told from others by its hash"):
        library.remember_images([SeenImage(metadata(3), tmp_path), SeenImage(ImageMetadata(), tmp_path)])
    assert library.images().total == 2
    library.close()


# Rows


def painted(qtbot, text, percent, width=272):
    """A row of the left pane at its first width."""
    view = QListView()
    qtbot.addWidget(view)
    font = view.font()
    font.setPointSizeF(font.pointSizeF() * percent / 100)
    view.setFont(font)
    view.setSpacing(3)
    view.resize(width, 400)
    view.show()
    model = QStandardItemModel(view)
    model.appendRow(QStandardItem(text))
    view.setModel(model)
    rows = ImageRows(view, SESSION_LINES)
    option = QStyleOptionViewItem()
    size = rows.sizeHint(option, model.index(0, 0))
    option.initFrom(view)
    option.rect = QRect(0, 0, view.viewport().width() - 6, size.height())
    image = QImage(QSize(option.rect.width(), size.height()), QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    painter = QPainter(image)
    rows.paint(painter, option, model.index(0, 0))
    painter.end()
    return image


@pytest.mark.parametrize("percent", [100, 125, 150, 175, 200])
def test_a_row_shows_both_scores_whole_at_every_text_size(qtbot, percent):
    row = "Hannover 52eb2633\n2020-01-01  AP\npredicted 1{}/18\nread 1{}/18"
    # Were a line elided, its last sign would not be seen.
    shown = painted(qtbot, row.format(1, 2), percent)
    assert painted(qtbot, row.format(1, 2).replace("18\nread", "19\nread"), percent) != shown
    assert painted(qtbot, row.format(1, 2)[:-1] + "9", percent) != shown
    assert painted(qtbot, row.format(1, 2).replace("AP", "AR"), percent) != shown


def test_rows_are_equally_high_whatever_they_say(qtbot):
    short, long = painted(qtbot, "a\nwaiting", 100), painted(qtbot, "a\nb\nnot scored: " + "because " * 30, 100)
    assert short.height() == long.height()
