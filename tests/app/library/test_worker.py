import os

from PySide6.QtCore import QThread

from app.settings.paths import LIBRARY_NAME


def test_a_library_that_breaks_while_it_is_open_is_quarantined_and_the_reading_is_kept(open_window, path, qtbot):
    window = open_window()
    key = window.open()
    window.save(key, "111111")
    for file in path.parent.glob(f"{LIBRARY_NAME}-*"):
        file.unlink()
    os.replace(path, path.with_name("other"))
    path.write_text("This is no database.\n" * 100)
    window.enter(key, "222222")
    with qtbot.waitSignals([window.keeper.opened, window.keeper.kept], timeout=20_000):
        window.session.save_reading(key)
    (quarantined,) = path.parent.glob("library.damaged-*.sqlite3")
    assert quarantined.read_text().startswith("This is no database.")
    assert [str(reading.score) for reading in window.ask(lambda library: library.readings_of(1))] == ["222222"]


def test_the_window_s_thread_never_touches_the_file(open_window):
    window = open_window()
    threads = []
    window.ask(lambda library: threads.append(QThread.currentThread()))
    assert threads[0] is not QThread.currentThread()
