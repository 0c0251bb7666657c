"""The samples open at the first start, afterwards what was open last."""

import shutil
import zipfile

from app.background.jobs import Job
from app.settings.settings import Settings
from bsnet_core.brixia import ZONES
from bsnet_core.resources import sample_files
from tests.app.predictions import prediction
from tests.dicom_files import ramp, write_dicom


def files_of(viewer):
    return [image.path for image in viewer.session.images]


def films(folder, count=3):
    return [write_dicom(folder / f"{number}.dcm", ramp(300, 300 + number), bits=12) for number in range(count)]


def opened(qtbot, viewer, files):
    qtbot.waitUntil(lambda: files_of(viewer) == list(files))
    qtbot.waitUntil(lambda: viewer.session.current is not None and viewer.view.radiograph is not None)


def at_rest(qtbot, viewer):
    """Until the start has looked for the files of the last session."""
    with qtbot.waitCallback() as answered:
        viewer.keeper.ask(lambda library: None, answered)
    job = Job(lambda report: None, parent=viewer)
    with qtbot.waitSignal(job.ended):
        viewer._queue.submit(job)


def test_the_samples_open_at_the_first_start_only(qtbot, open_viewer, no_model):
    first = open_viewer("--model", no_model)
    opened(qtbot, first, sample_files())
    first.close()
    second = open_viewer("--model", no_model)
    at_rest(qtbot, second)
    assert files_of(second) == []
    second.actions_by_name["open_samples"].trigger()
    opened(qtbot, second, sample_files())


def test_what_was_open_last_opens_again_with_the_image_that_was_shown(qtbot, open_viewer, no_model, tmp_path):
    files = films(tmp_path)
    viewer = open_viewer("--model", no_model, *files)
    opened(qtbot, viewer, files)
    viewer.session.remove(0)
    viewer.session.select(2)
    viewer.close()
    again = open_viewer("--model", no_model)  # not the samples: the first start was with files
    opened(qtbot, again, files[1:])
    qtbot.waitUntil(lambda: again.session.current.path == files[2])
    assert set(Settings().recent_files) == set(files)


def test_files_that_are_gone_are_counted_and_no_error(qtbot, open_viewer, no_model, tmp_path):
    open_viewer("--model", no_model).close()
    files = films(tmp_path)
    viewer = open_viewer("--model", no_model, *files)
    opened(qtbot, viewer, files)
    viewer.close()
    files[1].unlink()
    again = open_viewer("--model", no_model)
    # First, since a note stays for some seconds only.
    qtbot.waitUntil(lambda: "1 file of the last session is no longer there" in again.messages.text)
    opened(qtbot, again, [files[0], files[2]])


def test_an_image_from_an_archive_comes_back_from_the_archive(qtbot, open_viewer, no_model, tmp_path):
    open_viewer("--model", no_model).close()
    archive = tmp_path / "films.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for file in films(tmp_path, 2):
            packed.write(file, file.name)
            file.unlink()
    viewer = open_viewer("--model", no_model, archive)
    qtbot.waitUntil(lambda: len(viewer.session.images) == 2)
    viewer.close()
    assert Settings().session_files == (archive,)
    again = open_viewer("--model", no_model)
    qtbot.waitUntil(lambda: len(again.session.images) == 2)
    qtbot.waitUntil(lambda: again.view.radiograph is not None)


def test_without_names_no_path_is_kept(qtbot, open_viewer, no_model, tmp_path):
    open_viewer("--model", no_model).close()
    files = films(tmp_path, 1)
    viewer = open_viewer("--model", no_model, *files)
    opened(qtbot, viewer, files)
    viewer.last_session.keep()
    assert viewer._settings.session_files == tuple(files)
    viewer._settings.keeps_names = False
    viewer.session.select(0)
    viewer.close()
    assert str(files[0]) not in viewer._settings._path.read_text("utf-8")
    again = open_viewer("--model", no_model)
    at_rest(qtbot, again)
    assert files_of(again) == []


def test_readings_of_the_samples_do_not_count_in_the_statistics(qtbot, open_viewer, no_model, tmp_path):
    elsewhere = tmp_path / "copied.dcm"
    shutil.copyfile(sample_files()[0], elsewhere)
    viewer = open_viewer("--model", no_model, elsewhere, *films(tmp_path, 1))
    qtbot.waitUntil(lambda: len(viewer.session.images) == 2)
    qtbot.waitUntil(lambda: all(image.is_loaded for image in viewer.session.images))
    viewer.session.blind = True
    for image in viewer.session.images:
        for zone in ZONES:
            viewer.session.enter(image.key, zone, 1)
        with qtbot.waitSignal(viewer.keeper.kept):
            viewer.session.save_reading(image.key)
        viewer.session.accept_prediction(image.key, prediction("012321"))
    viewer.actions_by_name["statistics"].trigger()
    panel = viewer.own_reading.statistics.panel
    qtbot.waitUntil(lambda: len(panel.shown) == 1)
    assert not panel.shown[0].keys.is_sample
    assert "1 reading of the bundled samples does not count." in panel.summary_text


def test_the_images_of_a_reading_list_do_not_come_back_without_it(qtbot, open_viewer, no_model, tmp_path):
    before = films(tmp_path, 1)
    first = open_viewer("--model", no_model, *before)
    opened(qtbot, first, before)
    first.close()
    study = tmp_path / "study"
    study.mkdir()
    shutil.copy(before[0], study / "one.dcm")
    (study / "list.toml").write_text('blind = true\nimages = ["one.dcm"]', encoding="utf-8")
    reader = open_viewer("--model", no_model, "--reading-list", study / "list.toml")
    opened(qtbot, reader, [study / "one.dcm"])
    reader.close()
    again = open_viewer("--model", no_model)
    opened(qtbot, again, before)
