from PySide6.QtWidgets import QMessageBox, QWidget

from app.help.about import show_about
from bsnet_core.intended_use import not_for_patient_care, research_only


def test_the_box_states_the_intended_use_and_does_not_block_the_window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    show_about(window)
    box = window.findChild(QMessageBox)
    assert box.isVisible()
    assert research_only() in box.text()
    assert not_for_patient_care() in box.text()
    box.close()
