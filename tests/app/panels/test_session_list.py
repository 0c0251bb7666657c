from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtWidgets import QListView

from app.panels.images import ImagesPanel
from app.panels.session_list import describe_session_row
from app.session.open_image import ImageState, OpenImage
from app.session.readings import Reading
from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.radiograph import ImageMetadata
from tests.app.library_content import metadata
from tests.app.session.test_session import THUMBNAIL as GREY
from tests.app.session.test_session import radiograph


def test_a_list_row_says_who_when_and_where_it_stands():
    metadata = ImageMetadata(patient_name="Test^Patient", study_date="20200102", view_position="PA")
    score = BrixiaScore.from_text("012321")
    image = OpenImage(0, Path("/films/a.dcm"), ImageState.ANALYSED, metadata=metadata, score=score)
    assert describe_session_row(image) == "Test Patient\n2020-01-02  PA\npredicted 9/18"
    reading = dict.fromkeys(ZONES, 1)
    assert describe_session_row(replace(image, draft=reading)).endswith("predicted 9/18\nread 6/18")
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    saved = Reading("Dr. Rossi", BrixiaScore.from_text("222222"), moment, moment, blind=False)
    assert describe_session_row(replace(image, readings=(saved,))).endswith("predicted 9/18\nread 12/18")
    rejected = replace(image, state=ImageState.NOT_SCORED, score=None, problem="This is a lateral view.")
    assert describe_session_row(rejected).endswith("not scored: This is a lateral view.")


def test_a_file_without_a_patient_is_listed_by_its_name():
    assert describe_session_row(OpenImage(0, Path("/films/a.dcm"))) == "a.dcm\nwaiting"


def texts(view):
    return [view.model().index(row, 0).data() for row in range(view.model().rowCount())]


def radiograph_of(known):
    from dataclasses import replace

    return replace(radiograph(), metadata=known)


def test_films_of_the_shown_patient_are_marked_in_the_session(session, qtbot):
    panel = ImagesPanel(session)
    qtbot.addWidget(panel)
    for number, patient in enumerate(("A", "A", "B")):
        key = session.add(Path(f"/films/{number}.dcm")).key
        session.accept_radiograph(key, radiograph_of(metadata(number + 1, patient=patient)), GREY)
    session.select(0)
    view = panel.findChildren(QListView)[0]
    assert ["same patient" in text for text in texts(view)] == [False, True, False]
