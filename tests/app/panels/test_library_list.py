from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt

from app.library.library import Library
from app.library.records import ListedImage
from app.panels.library_list import PAGE_ROWS, LibraryListModel, describe_library_row
from app.session.visibility import Visibility
from app.settings.paths import LIBRARY_NAME
from bsnet_core.radiograph import ImageMetadata
from tests.app.library_content import THUMBNAIL, fill, image, kept_prediction, metadata, reading


def listed(library, **more):
    (row,) = library.images().rows
    return row


def test_a_row_says_who_when_and_where_it_stands(library):
    number = library.remember_image(*image()).number
    assert describe_library_row(listed(library)) == "Müller Änne\n2026-03-01  AP\nChest AP\nnew"
    library.add_prediction(number, kept_prediction("012321"))
    assert describe_library_row(listed(library)).endswith("\nanalysed, not read\npredicted 9/18")
    library.add_reading(number, reading("111111"))
    assert describe_library_row(listed(library)).endswith("\nread 6/18 by Reader One\npredicted 9/18")


def test_blind_a_row_tells_no_score(library):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction("012321"))
    assert describe_library_row(listed(library), scores_hidden=True).endswith("\nanalysed")
    library.add_reading(number, reading("111111"))
    assert describe_library_row(listed(library), scores_hidden=True).endswith("\nread by others")


@pytest.mark.parametrize("reader", ["", "Reader Two"])
def test_of_a_row_that_nobody_has_read_nobody_reads_blind_the_prediction(library, keeper, qtbot, reader):
    library.add_prediction(library.remember_image(*image()).number, kept_prediction("012321"))
    model = LibraryListModel(keeper)
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=20_000)
    model.follow_visibility(Visibility(reader, blind=True))
    assert model.index(0).data().endswith("\nanalysed")
    model.follow_visibility(Visibility(reader))
    assert model.index(0).data().endswith("\npredicted 9/18")


def test_who_has_read_sees_a_row_whole_even_after_another_reader(library, keeper, qtbot):
    number = library.remember_image(*image()).number
    library.add_prediction(number, kept_prediction("012321"))
    library.add_reading(number, reading("111111", "Reader One"))
    library.add_reading(number, reading("222222", "Reader Two", minutes=50))
    model = LibraryListModel(keeper)
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=20_000)
    for name, ending in (("Reader One", "predicted 9/18"), ("Reader Two", "predicted 9/18"), ("", "read by others")):
        model.follow_visibility(Visibility(name, blind=True))
        assert model.index(0).data().endswith(ending)


def test_films_of_a_patient_are_marked_as_such(library):
    for number in (1, 2):
        library.remember_image(*image(number))
    first, second = (describe_library_row(row).splitlines()[:2] for row in library.images().rows)
    assert first == ["Müller Änne", "2026-03-02  AP · 1 of 2"]
    assert second == ["↳ Müller Änne", "2026-03-01  AP · 2 of 2"]


def test_without_names_patients_are_told_apart_by_their_keys(tmp_path):
    library = Library.open(tmp_path / LIBRARY_NAME, keep_identity=False)
    library.remember_image(*image())
    library.remember_image(ImageMetadata(sop_instance_uid="9"), Path("/films/a.dcm"))
    names = [describe_library_row(row).splitlines()[0] for row in library.images().rows]
    library.close()
    assert "Image 2" in names
    (name,) = (name for name in names if name.startswith("Patient "))
    assert len(name) == len("Patient ") + 4


def test_a_long_library_is_fetched_a_page_at_a_time(library, keeper, qtbot):
    fill(library, patients=PAGE_ROWS + 30)
    model = LibraryListModel(keeper)
    qtbot.waitUntil(lambda: model.rowCount() == PAGE_ROWS, timeout=20_000)
    assert model.canFetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    qtbot.waitUntil(lambda: model.rowCount() == PAGE_ROWS + 30, timeout=20_000)
    assert not model.canFetchMore(QModelIndex())
    names = [model.image(model.index(row)).image.metadata.patient_name for row in range(model.rowCount())]
    assert len(set(names)) == PAGE_ROWS + 30
    assert not model.index(0).data(Qt.ItemDataRole.DecorationRole).isNull()


def test_films_of_one_study_say_so(library):
    for number, series in ((1, "a"), (2, "b")):
        known = metadata(1, study_uid="1.2", series_uid=series, sop_instance_uid=f"1.2.{number}")
        library.remember_image(known, Path(f"/films/{number}.dcm"))
    rows = [describe_library_row(row).splitlines()[2] for row in library.images().rows]
    assert rows == ["Chest AP", "same study as above"]


def test_rows_keep_their_thumbnails_small(library):
    row = ListedImage(library.remember_image(*image()), None, None, "", 1, 1)
    assert row.image.thumbnail == THUMBNAIL
