import pytest

from app.look.screens import screen_layout


@pytest.fixture
def viewer(open_viewer, no_model):
    return open_viewer("--model", no_model, "--no-samples")


def text_of(own_home):
    (file,) = own_home.rglob("settings.ini")
    return file.read_text()


def test_what_a_killed_program_had_arranged_is_in_the_file_already(qtbot, viewer, own_home):
    splitter = viewer.arrangement
    splitter.set_pane_sizes([400, 600, 440])
    splitter.splitterMoved.emit(400, 1)  # what the mouse sends
    widths = ",".join(map(str, splitter.pane_sizes))
    qtbot.waitUntil(lambda: text_of(own_home).count(f'pane_widths="{widths}"') == 2)
    before = text_of(own_home)
    viewer.resize(1300, 800)
    qtbot.waitUntil(lambda: text_of(own_home) != before)


def test_the_room_of_a_larger_window_goes_to_the_image(viewer, qtbot):
    left, image, right = viewer.arrangement.pane_sizes
    viewer.resize(viewer.width() + 400, viewer.height())
    qtbot.waitUntil(lambda: sum(viewer.arrangement.pane_sizes) == left + image + right + 400)
    assert viewer.arrangement.pane_sizes == (left, image + 400, right)


def test_a_layout_is_named_by_sizes_and_places_of_its_screens(qapp):
    area = qapp.primaryScreen().geometry()
    assert f"{area.width()}x{area.height()}_{area.x()}_{area.y()}" in screen_layout()
