"""The preferences: every change takes effect at once and is saved; the main window stays usable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.canvas.modes import CornerTexts, CurrentSide, WindowDrag
from app.commands.keys import Keys
from app.look.theme import room_for
from app.panels.actual_size import ScreenMeasure
from app.panels.key_editor import KeyEditor
from app.report.paper import Paper
from app.settings.settings import (
    LONGEST_NAME,
    SCREEN_AMBIENT,
    SCREEN_MAXIMUM,
    SCREEN_MINIMUM,
    Choice,
    Device,
    Settings,
    ThemeChoice,
)
from bsnet_core.explanation import Masking, Mode
from bsnet_core.language import SOURCE_LANGUAGE, languages
from bsnet_core.language import translate as _

LETTERS, LINES = 94, 34
"""Size of the dialog in characters and lines of text."""
FONT_STEP = 10


class PreferencesDialog(QDialog):
    """One page per topic, keys last."""

    def __init__(self, settings: Settings, keys: Keys, names: Sequence[str], parent: QWidget | None = None) -> None:
        """Makes the dialog.

        Args:
            settings: The settings to show and change.
            keys: The keys of all actions.
            names: The actions whose keys can be changed.
            parent: The main window.
        """
        super().__init__(parent)
        self.setWindowTitle(_("Preferences"))
        self.resize(room_for(self, LETTERS, LINES))
        self._settings = settings
        self._followers: dict[str, Callable[[], None]] = {}
        self.key_editor = KeyEditor(keys, names, self)
        self._pages = QTabWidget(self)
        self._pages.setAccessibleName(_("Topics"))
        self._pages.addTab(self._appearance_page(), _("Appearance"))
        self._pages.addTab(self._image_page(), _("Reading"))
        self._pages.addTab(self._screen_page(), _("Screen"))
        self._pages.addTab(self._analysis_page(), _("Analysis"))
        self._pages.addTab(self._privacy_page(), _("Privacy"))
        self._pages.addTab(self.key_editor, _("Keys"))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setToolTip(_("All changes have been saved"))
        layout = QVBoxLayout(self)
        layout.addWidget(self._pages, 1)
        layout.addWidget(buttons)
        settings.changed.connect(self._follow)

    @property
    def pages(self) -> QTabWidget:
        """The pages by topic."""
        return self._pages

    def control(self, name: str) -> QWidget:
        """The control of a setting, by the setting's name."""
        found: QWidget | None = self.findChild(QWidget, name)
        if found is None:
            raise KeyError(name)
        return found

    # Pages

    def _appearance_page(self) -> QWidget:
        page, form = _page(self)
        themes = {
            ThemeChoice.DARK: _("Dark"),
            ThemeChoice.LIGHT: _("Light"),
            ThemeChoice.SYSTEM: _("Same as system"),
        }
        self._choice(form, "theme", _("Colours"), _("Dark, light, or the same as the system"), themes)
        self._number(
            form, "font_percent", _("Text size"), _("Relative to the system's text size"), (100, 200), FONT_STEP, " %"
        )
        names = {code: language_name(code) for code in languages()}
        self._text_choice(form, "language", _("Language"), _("Language of the user interface"), names)
        form.addRow("", _note(_("A new language takes effect at the next start."), page))
        return page

    def _image_page(self) -> QWidget:
        page, form = _page(self)
        drags = {
            WindowDrag.DEFAULT: _("Right is wider, up is brighter"),
            WindowDrag.UP_IS_DARKER: _("Right is wider, up is darker"),
            WindowDrag.IHE_BIR: _("As in IHE Basic Image Review: up lowers the centre"),
        }
        self._choice(form, "window_drag", _("Left drag"), _("How a left drag changes the window"), drags)
        corners = {
            CornerTexts.FULL: _("All"),
            CornerTexts.MINIMAL: _("Some"),
            CornerTexts.NONE: _("None"),
        }
        self._choice(form, "corner_texts", _("Corner text"), _("How much text is shown in the corners"), corners)
        sides = {
            CurrentSide.LEFT: _("Left, prior image right"),
            CurrentSide.RIGHT: _("Right, prior image left"),
            CurrentSide.ABOVE: _("Above, prior image below"),
            CurrentSide.BELOW: _("Below, prior image above"),
        }
        self._choice(form, "current_side", _("Current image"), _("Its position when a prior image is shown too"), sides)
        self._text(form, "reader", _("Reader's name"), _("Saved with your scores"))
        self._switch(
            form, "blind", _("Blind reading"), _("The prediction stays hidden until you have saved your own score")
        )
        return page

    def _screen_page(self) -> QWidget:
        page, form = _page(self)
        self._switch(
            form,
            "gsdf",
            _("Standard grey levels (DICOM GSDF)"),
            _("Grey levels by the Grayscale Standard Display Function, PS3.14"),
        )
        unit = " cd/m²"
        self._decimal(
            form, "screen_minimum", _("Black"), _("Luminance of black on this screen"), SCREEN_MINIMUM, 0.05, unit
        )
        self._decimal(
            form, "screen_maximum", _("White"), _("Luminance of white on this screen"), SCREEN_MAXIMUM, 10.0, unit
        )
        self._decimal(
            form,
            "screen_ambient",
            _("Ambient light"),
            _("Luminance that room light adds to the screen"),
            SCREEN_AMBIENT,
            0.05,
            unit,
        )
        meaning = _(
            "Equal grey-level steps then look equal on a screen with the luminance entered here. "
            "Saved images, reports and scores are not affected."
        )
        caution = _("This assumes a screen with a gamma of 2.2: leave it off if the screen is calibrated to the GSDF.")
        form.addRow("", _note(f"{meaning} {caution}", page))
        form.addRow(_("Length of the line"), ScreenMeasure(self._settings, page))
        use = _("Measured with a ruler, it lets Actual size show 1 mm of the image as 1 mm on this screen.")
        form.addRow("", _note(use, page))
        return page

    def _analysis_page(self) -> QWidget:
        page, form = _page(self)
        self._switch(
            form,
            "analyses_all",
            _("Analyse all open images"),
            _("While nothing else is computed: the image beside the one shown, the next one, then the rest"),
        )
        modes = {
            Mode.FAST: _("Fast: an approximation"),
            Mode.EXACT: _("Exact: slow"),
        }
        definitions = {
            Masking.EVIDENCE: _("Evidence: each zone's score divided among the regions"),
            Masking.BLACK: _("Blackened: as in the paper"),
            Masking.LUNGS_HELD: _("Blackened, with the lungs of the whole image"),
            Masking.SURROUNDINGS: _("Like the surroundings, with the lungs of the whole image"),
        }
        self._choice(
            form, "explanation_masking", _("Explanation shows"), _("What the explanation map shows"), definitions
        )
        self._choice(form, "explanation_mode", _("Explanation"), _("How the explanation map is computed"), modes)
        self._switch(
            form,
            "explains",
            _("Explain automatically"),
            _("Computes the explanation after each analysis, unless exact masking is selected"),
        )
        devices = {
            Device.AUTO: _("Automatic"),
            Device.CPU: _("Processor"),
            Device.CUDA: _("NVIDIA graphics card"),
            Device.MPS: _("Apple graphics"),
        }
        self._choice(form, "device", _("Network runs on"), _("Device that computes the scores"), devices)
        form.addRow("", _note(_("A new device is used from the next start."), page))
        papers = {Paper.A4: _("A4"), Paper.LETTER: _("US Letter")}
        self._choice(form, "paper", _("Paper size"), _("Page size of reports"), papers)
        self._switch(
            form,
            "deidentifies",
            _("De-identify reports"),
            _(
                "New reports do not identify the patient unless you choose otherwise; also applies to "
                "saved and copied views"
            ),
        )
        return page

    def _privacy_page(self) -> QWidget:
        page, form = _page(self)
        self._switch(
            form,
            "keeps_names",
            _("Keep names"),
            _("The library keeps names and birth dates, and the menu keeps recent files"),
        )
        form.addRow(
            "",
            _note(
                _(
                    "Otherwise, names, birth dates and the paths of recent files are not kept. Predictions and "
                    "readings are always kept. Nothing ever leaves this computer."
                ),
                page,
            ),
        )
        return page

    # Controls: each one shows its setting, changes it at once, and follows changes from elsewhere

    def _choice(self, form: QFormLayout, name: str, text: str, tip: str, options: Mapping[Choice, str]) -> None:
        kinds = {option.value: option for option in options}
        box = _combo_box(name, text, tip, {option.value: shown for option, shown in options.items()}, self)
        box.currentIndexChanged.connect(lambda: setattr(self._settings, name, kinds[box.currentData()]))
        self._add(form, name, text, box, lambda: _select(box, getattr(self._settings, name).value))

    def _text_choice(self, form: QFormLayout, name: str, text: str, tip: str, options: Mapping[str, str]) -> None:
        box = _combo_box(name, text, tip, options, self)
        box.currentIndexChanged.connect(lambda: setattr(self._settings, name, box.currentData()))
        self._add(form, name, text, box, lambda: _select(box, getattr(self._settings, name)))

    def _switch(self, form: QFormLayout, name: str, text: str, tip: str) -> None:
        box = QCheckBox(text, self)
        _introduce(box, name, text, tip)
        box.toggled.connect(lambda checked: setattr(self._settings, name, checked))
        self._add(form, name, "", box, lambda: box.setChecked(getattr(self._settings, name)))

    def _number(
        self, form: QFormLayout, name: str, text: str, tip: str, limits: tuple[int, int], step: int, unit: str
    ) -> None:  # fmt: skip
        box = QSpinBox(self)
        box.setRange(*limits)
        box.setSingleStep(step)
        self._spin(form, name, text, tip, box, unit)

    def _decimal(
        self, form: QFormLayout, name: str, text: str, tip: str, limits: tuple[float, float], step: float, unit: str
    ) -> None:  # fmt: skip
        box = QDoubleSpinBox(self)
        box.setRange(*limits)
        box.setDecimals(2)
        box.setSingleStep(step)
        self._spin(form, name, text, tip, box, unit)

    def _spin(
        self, form: QFormLayout, name: str, text: str, tip: str, box: QSpinBox | QDoubleSpinBox, unit: str
    ) -> None:
        box.setSuffix(unit)
        box.setKeyboardTracking(False)
        _introduce(box, name, text, tip)
        box.valueChanged.connect(lambda value: setattr(self._settings, name, value))
        self._add(form, name, text, box, lambda: box.setValue(getattr(self._settings, name)))

    def _text(self, form: QFormLayout, name: str, text: str, tip: str) -> None:
        line = QLineEdit(self)
        line.setMaxLength(LONGEST_NAME)
        _introduce(line, name, text, tip)
        # Not letter by letter: half a name, or none, is another reader, who may see what this one may not.
        line.editingFinished.connect(lambda: setattr(self._settings, name, line.text().strip()))

        def show() -> None:
            if line.text().strip() != getattr(self._settings, name):
                line.setText(getattr(self._settings, name))

        self._add(form, name, text, line, show)

    def _add(self, form: QFormLayout, name: str, text: str, control: QWidget, show: Callable[[], None]) -> None:
        show()
        form.addRow(text, control)
        self._followers[name] = show

    def _follow(self, name: str) -> None:
        if name in self._followers:
            self._followers[name]()


def language_name(code: str) -> str:
    """The name of a language in that language."""
    if code == SOURCE_LANGUAGE:
        return "English"  # Qt would say which English
    name = QLocale(code).nativeLanguageName()
    return name[:1].upper() + name[1:] if name else code


def _page(parent: QWidget) -> tuple[QWidget, QFormLayout]:
    page = QWidget(parent)
    form = QFormLayout(page)
    form.setContentsMargins(16, 16, 16, 16)
    form.setVerticalSpacing(12)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return page, form


def _combo_box(name: str, text: str, tip: str, options: Mapping[str, str], parent: QWidget) -> QComboBox:
    box = QComboBox(parent)
    for value, shown in options.items():
        box.addItem(shown, value)
    _introduce(box, name, text, tip)
    return box


def _select(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(max(box.findData(value), 0))


def _introduce(control: QWidget, name: str, text: str, tip: str) -> None:
    control.setObjectName(name)
    control.setAccessibleName(text)
    control.setToolTip(tip)


def _note(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return label
