"""Everything that a menu, a key or the toolbar can do: one table, and the Qt actions made from it.

A new action is one line in `action_specs` and one `connect`; an action that nobody has connected yet shows in no menu
and takes no key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QWidget

from app.commands.keys import Keys
from app.look.icons import action_icon
from app.look.theme import Colours
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.language import translate as _

MODES = "modes"
"""Exclusive group: what a left drag over the picture does."""
PRESETS = "presets"
"""Window presets on the digits; off while the digits enter scores."""
OVERLAY_SWITCHES = "overlays"
N_PRESETS = 10


class Menu(StrEnum):
    """Where an action stands; PRESETS is a menu inside PICTURE, and ZONES one inside OVERLAYS."""

    FILE = auto()
    EDIT = auto()
    IMAGE = auto()
    PRESETS = auto()
    MEASURE = auto()
    OVERLAYS = auto()
    ZONES = auto()
    IMAGES = auto()
    LIBRARY = auto()
    READING = auto()
    ANALYSIS = auto()
    HELP = auto()


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What an action is called, where it stands and which keys it has at first.

    Attributes:
        name: How the program calls it; stands in the settings file, so it stays.
        text: In the language in use, `&` before the letter that the menu underlines.
        default_keys: In Qt's portable words, the one shown in menus first.
        tip: What it does, in a few words.
        icon: Name in the icon font; empty for none.
        group: Actions that are exclusive (`MODES`) or allowed together; empty for none.
    """

    name: str
    text: str
    default_keys: tuple[str, ...]
    tip: str
    menu: Menu
    icon: str = ""
    checkable: bool = False
    group: str = ""

    @property
    def plain_text(self) -> str:
        """The text without the menu's underline and dots."""
        return self.text.replace("&", "").removesuffix("…")


def action_specs() -> tuple[ActionSpec, ...]:
    """The table, in the order of the menus and in the language in use; an empty name is a gap.

    Letters are those of IHE Basic Image Review where it has one: W Z T D A P, Esc, H, Page Up and Page Down.
    """
    spec, m = ActionSpec, Menu

    def switch(name: str, text: str, key: str, tip: str, icon: str) -> ActionSpec:
        return ActionSpec(name, text, (key,), tip, Menu.OVERLAYS, icon, checkable=True, group=OVERLAY_SWITCHES)

    def mode(name: str, text: str, key: str, tip: str, icon: str) -> ActionSpec:
        return ActionSpec(name, text, (key,), tip, Menu.MEASURE, icon, checkable=True, group=MODES)

    def gap(menu: Menu) -> ActionSpec:
        return ActionSpec("", "", (), "", menu)

    return (
        spec("open", _("&Open…"), ("Ctrl+O",), _("Open DICOM, JPEG, PNG or TIFF files"), m.FILE, "file-image-outline"),
        spec("open_folder", _("Open &folder…"), ("Ctrl+Shift+O",), _("Open every image in a folder"), m.FILE,
             "folder-open-outline"),
        gap(m.FILE),
        spec("report", _("&Report…"), ("Ctrl+P",), _("Write a PDF report of this study"), m.FILE, "file-pdf-box"),
        spec("export_figure", _("Save t&hree pictures…"), ("Ctrl+Shift+F",),
             _("Save film, aligned lungs and explanation side by side"), m.FILE, "view-week-outline"),
        spec("export_picture", _("Save &picture…"), ("Ctrl+Shift+S",), _("Save the picture as it is shown"), m.FILE,
             "image-move"),
        spec("export_film", _("Save fil&m with 16 bits…"), ("Ctrl+Shift+M",),
             _("Save the film alone with all its values, without window, overlays and patient"), m.FILE,
             "image-filter-black-white"),
        spec("export_csv", _("Save readings as &CSV…"), ("Ctrl+Shift+E",), _("Save all readings as a table"), m.FILE,
             "table-arrow-down"),
        spec("export_batch", _("Save &all results as CSV…"), ("Ctrl+Shift+B",),
             _("Save the predictions of all open studies as a table"), m.FILE, "table-multiple"),
        gap(m.FILE),
        spec("tags", _("DICOM &tags"), ("Ctrl+T",), _("Show what the file says of itself"), m.FILE, "tag-outline"),
        gap(m.FILE),
        spec("new_window", _("New &window"), ("Ctrl+N",), _("Another window on the same library, for another screen"),
             m.FILE, "dock-window"),
        spec("quit", _("&Quit"), ("Ctrl+Q",), _("Close the viewer"), m.FILE, "exit-to-app"),

        spec("undo", _("&Undo"), ("Ctrl+Z",), _("Take the last change back"), m.EDIT, "undo"),
        spec("redo", _("&Redo"), ("Ctrl+Shift+Z", "Ctrl+Y"), _("Do it again"), m.EDIT, "redo"),
        gap(m.EDIT),
        spec("copy_picture", _("&Copy picture"), ("Ctrl+C",), _("Copy the picture as it is shown"), m.EDIT,
             "content-copy"),
        spec("delete_annotation", _("&Delete measurement"), ("Del",), _("Delete the chosen measurement"), m.EDIT,
             "delete-outline"),
        gap(m.EDIT),
        spec("preferences", _("&Preferences…"), ("Ctrl+,",), _("Appearance, reading, keys and more"), m.EDIT,
             "cog-outline"),

        spec("fit", _("&Fit"), ("F",), _("Show the whole picture"), m.IMAGE, "fit-to-screen-outline"),
        spec("actual", _("&1:1"), ("Ctrl+1",), _("One image pixel per screen pixel"), m.IMAGE,
             "numeric-1-box-outline"),
        spec("real_size", _("Real si&ze"), ("Ctrl+2",),
             _("One mm of the film, as its file states it, on one mm of the screen"), m.IMAGE, "tape-measure"),
        spec("zoom_in", _("Zoom &in"), ("+",), _("Enlarge"), m.IMAGE, "magnify-plus-outline"),
        spec("zoom_out", _("Zoom &out"), ("-",), _("Make smaller"), m.IMAGE, "magnify-minus-outline"),
        gap(m.IMAGE),
        spec("invert", _("In&vert"), ("Ctrl+I",), _("Turn the greys around"), m.IMAGE, "invert-colors"),
        spec("rotate_right", _("Rotate &right"), ("R",), _("Turn the picture a quarter clockwise"), m.IMAGE,
             "rotate-right"),
        spec("rotate_left", _("Rotate &left"), ("Shift+R",), _("Turn the picture a quarter counter-clockwise"),
             m.IMAGE, "rotate-left"),
        spec("flip_horizontal", _("Flip left and ri&ght"), ("Shift+H",), _("Mirror the picture"), m.IMAGE,
             "flip-horizontal"),
        spec("flip_vertical", _("Flip &top and bottom"), ("Shift+V",), _("Turn the picture upside down"), m.IMAGE,
             "flip-vertical"),
        gap(m.IMAGE),
        spec("previous_state", _("&Previous state"), ("P",), _("Window and zoom as they were before"), m.IMAGE,
             "history"),
        spec("reset", _("Re&set"), ("Esc",), _("Window, polarity and zoom as opened"), m.IMAGE, "restore"),
        gap(m.IMAGE),
        spec("full_screen", _("&Whole screen"), ("F11",), _("Fill the whole screen, or back"), m.IMAGE, "fullscreen",
             checkable=True),
        spec("corner_texts", _("&Corner texts"), ("I",), _("All, few or no texts in the corners"), m.IMAGE,
             "text-box-outline"),
        spec("shutter", _("&Blacken outside the shutter"), ("Shift+B",),
             _("Blacken what the file's shutter leaves out, or show the whole picture"), m.IMAGE,
             "circle-box-outline", checkable=True),
        *_presets(),

        mode("mode_window", _("&Window"), "W", _("Left drag changes the window"), "contrast-circle"),
        mode("mode_zoom", _("&Zoom"), "Z", _("Left drag zooms"), "magnify"),
        mode("mode_pan", _("&Move"), "T", _("Left drag moves the picture"), "hand-back-right-outline"),
        gap(m.MEASURE),
        mode("mode_distance", _("&Distance"), "D", _("Left drag measures a distance"), "ruler"),
        mode("mode_angle", _("A&ngle"), "N", _("Three clicks measure an angle"), "angle-acute"),
        mode("mode_roi", _("&Rectangle"), "Shift+D", _("Left drag measures the values inside a rectangle"),
             "rectangle-outline"),
        mode("mode_roi_ellipse", _("&Ellipse"), "Shift+E", _("Left drag measures the values inside an ellipse"),
             "ellipse-outline"),
        mode("mode_probe", _("&Pixel values"), "X", _("Show the values under the pointer"), "eyedropper"),
        mode("mode_lens", _("Ma&gnifier"), "M", _("A lens under the pointer"), "magnify-scan"),
        gap(m.MEASURE),
        spec("annotations", _("&Show measurements"), ("A",), _("Measurements on or off"), m.MEASURE, "vector-line",
             checkable=True),
        spec("next_annotation", _("C&hoose next measurement"), ("Shift+A",),
             _("Choose one measurement after the other; arrow keys move it, Del deletes it"), m.MEASURE,
             "vector-point-select"),
        spec("clear_annotations", _("Delete a&ll measurements"), ("Ctrl+Del",),
             _("Delete every measurement of this study"), m.MEASURE, "delete-sweep-outline"),

        switch("lungs", _("&Lungs"), "L", _("Lung outline on or off"), "lungs"),
        switch("lung_fill", _("Lung &fill"), "Shift+L", _("Coloured lung area on or off"), "format-color-fill"),
        switch("zones", _("Zone &grid"), "G", _("Zone grid with scores on or off"), "grid"),
        switch("scores", _("&Scores in the zones"), "Shift+G", _("Scores and confidence in the zones on or off"),
               "numeric-3-box-outline"),
        switch("explanation", _("&Explanation"), "E", _("Explanation map on or off"), "map-search-outline"),
        switch("planes", _("Drawings of the f&ile"), "Shift+O", _("What the file itself draws, on or off"), "draw"),
        gap(m.OVERLAYS),
        spec("original_image", _("&Original image"), ("O",), _("Hide everything that is drawn over the picture"),
             m.OVERLAYS, "image-outline", checkable=True),
        *_zones(),

        spec("previous", _("&Previous study"), ("PgUp",), _("Show the study above"), m.IMAGES, "chevron-up"),
        spec("next", _("&Next study"), ("PgDown",), _("Show the study below"), m.IMAGES, "chevron-down"),
        spec("next_unread", _("Next &unread study"), ("Ctrl+PgDown",), _("Show the next study that you have not read"),
             m.IMAGES, "page-next-outline"),
        gap(m.IMAGES),
        spec("compare_prior", _("&Compare with prior"), ("C",), _("Show an earlier study of this patient beside it"),
             m.IMAGES, "compare", checkable=True),
        spec("compare_four", _("Up to &four films"), ("Ctrl+Shift+C",),
             _("Show up to three earlier studies beside the current one, or only the last of them"), m.IMAGES,
             "view-grid-outline", checkable=True),
        spec("earlier_prior", _("&Earlier prior"), ("Shift+PgDown",), _("Compare with the film before that one"),
             m.IMAGES, "chevron-double-down"),
        spec("later_prior", _("L&ater prior"), ("Shift+PgUp",), _("Compare with the film after that one"), m.IMAGES,
             "chevron-double-up"),
        spec("other_picture", _("&Other picture"), ("F6",), _("Give the keys to the next picture"), m.IMAGES,
             "swap-horizontal"),
        spec("link_views", _("&Link the pictures"), ("Shift+C",), _("Zoom and move all pictures together"), m.IMAGES,
             "link-variant", checkable=True),

        spec("history", _("&History of this film"), ("Ctrl+H",),
             _("Show who saved, saw, revealed and exported what, and when"), m.LIBRARY, "clipboard-text-clock-outline"),
        gap(m.LIBRARY),
        spec("copy_library", _("Save a cop&y of the library…"), ("Ctrl+Shift+K",),
             _("Save everything that was read and predicted as one file"), m.LIBRARY, "database-outline"),
        spec("export_library", _("Save the library as &JSON lines…"), ("Ctrl+Shift+J",),
             _("Save the library as text that other programs read"), m.LIBRARY, "database-export-outline"),
        spec("salvage_library", _("&Recover a damaged library…"), ("Ctrl+Shift+L",),
             _("Save what can still be read of a damaged library that was kept aside"), m.LIBRARY,
             "database-alert-outline"),
        gap(m.LIBRARY),
        spec("forget_identities", _("For&get identities in the library…"), ("Ctrl+Shift+Del",),
             _("Take names, birth dates and paths out of the library"), m.LIBRARY, "account-off-outline"),

        spec("score_mode", _("&Scoring"), ("S",), _("Keys 0 to 3 score zones A to F in turn"), m.READING,
             "numeric", checkable=True),
        spec("blind_mode", _("&Blind reading"), ("B",), _("Hide the prediction until your own score is saved"),
             m.READING, "eye-off-outline", checkable=True),
        spec("save_reading", _("Sa&ve reading"), ("Ctrl+S",), _("Save your own score"), m.READING,
             "content-save-outline"),
        spec("correct_reading", _("&Correct"), ("Shift+S",), _("Go on from your last saved score"), m.READING,
             "pencil-outline"),
        spec("clear_reading", _("C&lear"), ("Ctrl+Backspace",), _("Take back every zone that is not saved"), m.READING,
             "eraser"),
        gap(m.READING),
        spec("statistics", _("S&tatistics"), ("Ctrl+G",), _("Agreement over all readings"), m.READING,
             "chart-scatter-plot"),

        spec("analyse", _("&Analyse again"), ("Ctrl+R",), _("Run the network on this picture"), m.ANALYSIS, "refresh"),
        spec("analyse_all", _("Analyse a&ll"), ("Ctrl+Shift+R",), _("Run the network on every open study"), m.ANALYSIS,
             "playlist-play"),
        spec("explain", _("&Explain"), ("Ctrl+E",), _("Find the parts that speak for the score"), m.ANALYSIS,
             "lightbulb-on-outline"),
        spec("cancel", _("&Cancel"), ("Ctrl+.",), _("Stop the network's work"), m.ANALYSIS, "stop-circle-outline"),

        spec("help", _("&Help"), ("F1", "H"), _("Keys, mouse, scores and limits"), m.HELP, "help-circle-outline"),
        spec("about", _("&About"), ("Shift+F1",), _("About this program"), m.HELP, "information-outline"),
    )  # fmt: skip


def _presets() -> list[ActionSpec]:
    """What each digit stands for is told by the picture; see `Actions.set_text`."""
    return [
        ActionSpec(
            f"preset_{digit}",
            _("Preset &{digit}").format(digit=digit),
            (str(digit),),
            _("Window preset {digit}").format(digit=digit),
            Menu.PRESETS,
            group=PRESETS,
        )
        for digit in range(N_PRESETS)
    ]


def zone_action(zone: Zone) -> str:
    """Name of the action that shows or hides a zone's overlays."""
    return f"zone_{zone.name.lower()}"


def _zones() -> list[ActionSpec]:
    every = ActionSpec("all_zones", _("&All zones"), ("Alt+0",), _("Show the overlays of all zones"), Menu.ZONES)
    return [every, ActionSpec("", "", (), "", Menu.ZONES)] + [
        ActionSpec(
            zone_action(zone),
            _("Zone &{zone}").format(zone=zone.name),
            (f"Alt+{number}",),
            _("Grid, scores and explanation of zone {zone} on or off").format(zone=zone.name),
            Menu.ZONES,
            checkable=True,
        )
        for number, zone in enumerate(ZONES, 1)
    ]


class Actions:
    """The window's actions by name; their keys follow `Keys`, their icons the theme."""

    def __init__(self, specs: tuple[ActionSpec, ...], keys: Keys, colours: Colours, window: QWidget) -> None:
        self.specs = specs
        self._keys = keys
        self._of_name = {spec.name: QAction(spec.text, window) for spec in specs if spec.name}
        self._spec_of_name = {spec.name: spec for spec in specs if spec.name}
        self._tips = {spec.name: spec.tip for spec in specs if spec.name}
        self._modes = QActionGroup(window)
        for name, action in self._of_name.items():
            spec = self._spec_of_name[name]
            action.setObjectName(name)
            action.setCheckable(spec.checkable)
            action.setVisible(False)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            if spec.group == MODES:
                self._modes.addAction(action)
            window.addAction(action)
            self._show_keys(name)
        self.paint_icons(colours)
        keys.changed.connect(self._show_keys)

    def __getitem__(self, name: str) -> QAction:
        return self._of_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._of_name)

    def connect(self, name: str, slot: Callable[[], object]) -> None:
        """Gives an action something to do; from now on it stands in its menu."""
        self._of_name[name].triggered.connect(lambda checked: slot())
        self._of_name[name].setVisible(True)

    def connect_switch(self, name: str, slot: Callable[[bool], object], *, checked: bool) -> None:
        """Gives a checkable action its state and something to do whenever that changes."""
        action = self._of_name[name]
        action.setChecked(checked)
        action.toggled.connect(slot)
        action.setVisible(True)

    def stand_for(self, name: str, other: QAction) -> None:
        """Lets an action work another one that somebody else has made, such as those of an undo stack.

        The menu, the icon and the keys are those of the table; whether it can be used, and whether it is on, is as the
        other says. The other one loses its own keys, for Qt would not know whom to call.
        """
        action = self._of_name[name]
        other.setShortcuts([])
        action.setEnabled(other.isEnabled())
        other.enabledChanged.connect(action.setEnabled)
        if action.isCheckable():
            action.setChecked(other.isChecked())
            other.toggled.connect(action.setChecked)
            action.toggled.connect(other.setChecked)
        else:
            action.triggered.connect(lambda checked: other.trigger())
        action.setVisible(True)

    @property
    def connected(self) -> dict[str, QAction]:
        """The actions that do something."""
        return {name: action for name, action in self._of_name.items() if action.isVisible()}

    def set_text(self, name: str, text: str, tip: str) -> None:
        """Another text, such as what a preset stands for in the picture shown."""
        self._of_name[name].setText(text)
        self._tips[name] = tip
        self._show_keys(name)

    def allow(self, name: str, allowed: bool, why_not: str) -> None:
        """Switches an action on or off; while it is off its tip says why."""
        self._of_name[name].setEnabled(allowed)
        self._tips[name] = self._spec_of_name[name].tip if allowed else why_not
        self._show_keys(name)

    def allow_group(self, group: str, allowed: bool) -> None:
        """Switches a whole group on or off: in the scoring mode the digits are no presets."""
        for name, spec in self._spec_of_name.items():
            if spec.group == group:
                self._of_name[name].setEnabled(allowed)

    def paint_icons(self, colours: Colours) -> None:
        """Draws all icons in a theme's colours."""
        for name, spec in self._spec_of_name.items():
            if spec.icon:
                self._of_name[name].setIcon(action_icon(spec.icon, colours))

    def _show_keys(self, name: str) -> None:
        action, tip = self._of_name[name], self._tips[name]
        sequences = [QKeySequence(key, QKeySequence.SequenceFormat.PortableText) for key in self._keys.of(name)]
        action.setShortcuts(sequences)
        action.setStatusTip(tip)
        if sequences:
            shown = sequences[0].toString(QKeySequence.SequenceFormat.NativeText)
            tip = _("{tip} ({key})").format(tip=tip, key=shown)
        action.setToolTip(tip)
