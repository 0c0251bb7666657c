"""A folder of many films: listed from its headers, read with what is in sight first, kept some at a time."""

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QImage, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QListView, QStyleOptionViewItem

from app.analysis import Analysis, ModelChoice
from app.keeping import REMEMBERED_AT_ONCE, Keeper
from app.library.library import Library
from app.library.records import SeenFilm
from app.panels.studies import SESSION_LINES
from app.panels.study_rows import StudyRows
from app.paths import LIBRARY_NAME
from app.session import Session
from bsnet_core.errors import UnreadableImageError, UnsupportedObjectError
from bsnet_core.radiograph import Radiograph, StudyFacts
from bsnet_core.reading import read_facts, read_radiograph
from tests.app.library_content import facts
from tests.dicom_files import CT, ramp, write_dicom

FILMS = 80


@pytest.fixture
def folder(tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for number in range(FILMS):
        write_dicom(
            films / f"{number:03d}.dcm", ramp(64, 64), bits=12, PatientName=f"Patient^{number}", PatientID=f"P{number}"
        )
    return films


@pytest.fixture
def session(qapp):
    return Session()


@pytest.fixture
def analysis(session, tmp_path):
    made = Analysis(session, ModelChoice(tmp_path))
    yield made
    while not made.close():
        pass


def test_all_films_of_a_folder_are_listed_before_their_pictures_are_read(qtbot, session, analysis, folder):
    told = []
    session.facts_known.connect(lambda keys: told.append(("listed", len(keys))))
    analysis.loaded.connect(lambda key, loaded: told.append(("read", key)))
    analysis.open([folder])
    qtbot.waitUntil(lambda: sum(what == "read" for what, _ in told) == FILMS, timeout=60_000)
    listed = [place for place, (what, _) in enumerate(told) if what == "listed"]
    pictures = [place for place, (what, _) in enumerate(told) if what == "read"]
    assert sum(number for what, number in told if what == "listed") == FILMS - 1
    assert told[pictures[0]] == ("read", 0)  # the film for the screen waits for nobody
    assert pictures[1] > listed[-1]
    assert [study.title for study in session.studies] == [f"Patient {number}" for number in range(FILMS)]


def test_films_in_sight_are_read_before_the_others(qtbot, session, analysis, folder):
    read = []
    analysis.loaded.connect(lambda key, loaded: read.append(key))
    session.studies_added.connect(lambda keys: analysis.prefer([70, 71]))
    session.facts_known.connect(lambda keys: analysis.prefer([70, 71]))
    analysis.open([folder])
    qtbot.waitUntil(lambda: len(read) == FILMS, timeout=60_000)
    assert read[:3] == [0, 70, 71]


def test_a_film_that_is_chosen_goes_before_all_that_nobody_has_chosen(qtbot, session, analysis, folder):
    read = []
    analysis.loaded.connect(lambda key, loaded: read.append(key))
    session.studies_added.connect(lambda keys: analysis.load(50))
    analysis.open([folder])
    qtbot.waitUntil(lambda: len(read) == FILMS, timeout=60_000)
    assert 50 in read[:2]
    assert sorted(read) == list(range(FILMS))


def test_facts_of_a_header_are_those_of_the_whole_file(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), bits=12, StudyDescription="Chest")
    assert read_facts(path) == read_radiograph(path).facts


def test_facts_do_not_need_the_pixels_and_say_what_is_no_radiograph(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(), bits=12)
    path.write_bytes(path.read_bytes()[:-20_000])
    assert read_facts(path).patient_name == "Test^Patient"
    ct = write_dicom(tmp_path / "ct.dcm", ramp(), bits=12, SOPClassUID=CT, Modality="CT")
    with pytest.raises(UnsupportedObjectError):
        read_facts(ct)
    (tmp_path / "letter").write_text("Dear colleague")
    with pytest.raises(UnreadableImageError):
        read_facts(tmp_path / "letter")


def accept(session, path, known):
    radiograph = Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False, facts=known)
    session.accept_radiograph(session.add(path).key, radiograph, np.zeros((8, 8), dtype=np.uint8))


def test_many_films_come_into_the_library_with_few_writes(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    kept, changes = [], []
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    keeper.changed.connect(lambda: changes.append(len(kept)))
    count = 2 * REMEMBERED_AT_ONCE + 1
    for number in range(count):
        accept(session, tmp_path / f"{number}.dcm", facts(number))
    qtbot.waitUntil(lambda: len(kept) == count, timeout=60_000)
    assert [after for after in changes if after] == [1, 1 + REMEMBERED_AT_ONCE, count]
    assert keeper.close()


def test_a_film_that_is_gone_does_not_keep_the_others_out_of_the_library(qtbot, session, tmp_path):
    keeper = Keeper(session, tmp_path / LIBRARY_NAME, keep_identity=True)
    failures, kept = [], []
    keeper.failed.connect(failures.append)
    keeper.recalled.connect(lambda key, recalled: kept.append(key))
    for number, known in enumerate((facts(1), StudyFacts(), facts(2))):
        accept(session, tmp_path / f"gone-{number}.png", known)
    qtbot.waitUntil(lambda: sorted(kept) == [0, 2] and bool(failures), timeout=20_000)
    assert "gone-1.png is not there any more" in str(failures[0])
    assert keeper.close()


def test_films_taken_in_together_are_all_there_or_none(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=True)
    films = [SeenFilm(facts(number), tmp_path / f"{number}.dcm") for number in (1, 2, 1)]
    first, second, again = library.remember_studies(films)
    assert (first.number, again.number) == (1, 1)
    assert second.number == 2
    with pytest.raises(ValueError, match="told from others by its hash"):
        library.remember_studies([SeenFilm(facts(3), tmp_path), SeenFilm(StudyFacts(), tmp_path)])
    assert library.studies().total == 2
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
    rows = StudyRows(view, SESSION_LINES)
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
