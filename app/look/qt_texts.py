"""Qt's own texts, of file dialogs and standard buttons, in the language of the program."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication

from bsnet_core.resources import resources_dir

OWN_CATALOGUE = "qt"
"""In the folder of a language: texts of Qt that are newer than Qt's catalogue of the language."""


def translate_qt_texts(application: QApplication, language: str) -> None:
    """Translates Qt's own buttons and dialogs, if Qt has the language."""
    of_qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    of_program = str(resources_dir() / "languages" / language)
    # Qt asks the translator that was installed last first.
    for name, folder in ((OWN_CATALOGUE, of_program), (f"qtbase_{language}", of_qt)):
        translator = QTranslator(application)
        if translator.load(name, folder):
            application.installTranslator(translator)
