import gc
import logging
import threading
import time
import weakref

from PySide6.QtCore import QCoreApplication, QEvent, QThread

from app.background.jobs import Job, JobQueue
from bsnet_core.errors import UnforeseenError, UnreadableImageError


def collect(job):
    """Everything the job tells, in order."""
    told = []
    job.progressed.connect(lambda stage, share: told.append(("progress", stage, share)))
    job.succeeded.connect(lambda result: told.append(("result", result)))
    job.failed.connect(lambda error: told.append(("error", error)))
    return told


def test_work_runs_elsewhere_and_the_result_arrives_on_the_gui_thread(qtbot, queue):
    gui, threads = QThread.currentThread(), []
    job = Job(lambda report: threading.current_thread())
    job.succeeded.connect(lambda worker: threads.extend([worker, QThread.currentThread()]))
    with qtbot.waitSignal(job.ended):
        queue.submit(job)
    assert threads[0] is not threading.main_thread()
    assert threads[1] is gui


def test_progress_comes_before_the_result(qtbot, queue):
    def work(report):
        report("half", 0.5)
        return "done"

    job = Job(work)
    told = collect(job)
    with qtbot.waitSignal(job.ended):
        queue.submit(job)
    assert told == [("progress", "half", 0.5), ("result", "done")]


def told_by_a_cancelled_job(qtbot, queue, second_half):
    """What a job tells that is cancelled at work and does its second half only afterwards."""
    started, go_on = threading.Event(), threading.Event()

    def work(report):
        started.set()
        go_on.wait(20)
        return second_half(report)

    job = Job(work)
    told = collect(job)
    queue.submit(job)
    assert started.wait(20)
    job.cancel()
    with qtbot.waitSignal(job.ended):
        go_on.set()
    return told


def test_a_cancelled_job_stops_at_its_next_report_and_tells_nothing_more(qtbot, queue):
    went_past = []

    def second_half(report):
        report("second half", 0.5)
        went_past.append(True)

    assert told_by_a_cancelled_job(qtbot, queue, second_half) == []
    assert went_past == []


def test_a_late_answer_of_a_cancelled_job_is_dropped(qtbot, queue):
    assert told_by_a_cancelled_job(qtbot, queue, lambda report: "late") == []


def test_known_errors_arrive_as_they_are(qtbot, queue):
    error = UnreadableImageError("This file is empty.")

    def work(report):
        raise error

    job = Job(work)
    told = collect(job)
    with qtbot.waitSignal(job.ended):
        queue.submit(job)
    assert told == [("error", error)]


def test_unforeseen_errors_become_a_sentence_and_their_text_is_not_logged(qtbot, queue, caplog):
    name = "Doe^Jane"

    def work(report):
        raise KeyError(name)

    job = Job(work)
    told = collect(job)
    with qtbot.waitSignal(job.ended):
        queue.submit(job)
    (_, error), *more = told
    assert isinstance(error, UnforeseenError)
    assert more == []
    assert "KeyError" in str(error)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "KeyError" in caplog.text
    assert "test_jobs.py" in caplog.text
    assert "Doe" not in caplog.text + str(error)
    caplog.clear()


def test_urgent_jobs_go_before_those_that_wait_and_keep_their_order(qtbot, queue):
    started, gate, done = threading.Event(), threading.Event(), []

    def block(report):
        started.set()
        gate.wait(20)

    queue.submit(Job(block))
    assert started.wait(20)
    plain = [Job(lambda report, name=name: done.append(name)) for name in ("a", "b")]
    urgent = [Job(lambda report, name=name: done.append(name)) for name in ("x", "y")]
    queue.submit(*plain)
    queue.submit(*urgent, urgent=True)
    queue.move_to_front(plain[1])
    with qtbot.waitSignal(plain[0].ended):
        gate.set()
    assert done == ["b", "x", "y", "a"]


def test_a_closed_queue_ends_its_thread_and_drops_what_waits(qtbot):
    queue, started, done = JobQueue("closing"), threading.Event(), []

    def work(report):
        started.set()
        while True:
            report("on and on", 0.0)

    waiting = Job(lambda report: done.append("ran"))
    queue.submit(Job(work), waiting)
    assert started.wait(20)
    queue.close()
    assert queue.wait(20)
    queue.submit(waiting)
    assert done == []


def test_an_error_that_is_kept_keeps_nothing_of_the_work_alive(qtbot, queue):
    class Pixels:
        """Stands for what a film's work holds."""

    kept, alive = [], []

    def work(report):
        pixels = Pixels()
        alive.append(weakref.ref(pixels))
        raise UnreadableImageError("No.") from ValueError(str(pixels))

    job = Job(work)
    job.failed.connect(kept.append)
    with qtbot.waitSignal(job.ended):
        queue.submit(job)
    assert str(kept[0]) == "No."
    gc.collect()
    assert alive[0]() is None


def test_a_job_that_ended_before_the_window_looked_is_still_heard(qtbot):
    queue, heard = JobQueue("test"), []
    quick = Job(lambda report: "result")
    quick.succeeded.connect(heard.append)
    queue.submit(quick)
    deadline = time.monotonic() + 10
    while not queue._done and time.monotonic() < deadline:
        time.sleep(0.001)  # the worker is through, and nothing of it has arrived yet
    later = Job(lambda report: "later")
    later.succeeded.connect(heard.append)
    queue.submit(later)
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qtbot.waitUntil(lambda: heard == ["result", "later"])
    queue.close()
    assert queue.wait(10)
