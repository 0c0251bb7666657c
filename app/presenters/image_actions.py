"""The actions on the image: modes, window presets, orientation, measurements, texts in its corners."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint

from app.canvas.annotations import AnnotationCommand, AnnotationEdit
from app.canvas.group import ViewGroup
from app.canvas.image_view import ImageView
from app.canvas.modes import CornerTexts, ViewMode
from app.commands.action_table import N_PRESETS
from app.commands.actions import Actions
from app.commands.image_menu import image_menu
from app.panels.actual_size import mm_per_px
from app.session.session import Session
from app.settings.settings import Settings
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

ZOOM_STEP = 1.25
SCREEN_SETTINGS = ("gsdf", "screen_minimum", "screen_maximum", "screen_ambient")


class ImageActions(QObject):
    """Connects the actions with the view that has the focus; modes and switches apply to all views."""

    def __init__(
        self, actions: Actions, group: ViewGroup, session: Session, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self._group = group
        self._session = session
        self._settings = settings
        self._presets_of: Radiograph | None = None
        self._connect_zoom()
        self._connect_orientation()
        self._connect_modes()
        self._connect_presets()
        self._connect_measurements()
        self._connect_texts()
        for view in group.views:
            view.menu_requested.connect(self._show_menu)
        settings.changed.connect(self._follow_setting)
        self._follow_setting("window_drag")
        self._follow_setting("corner_texts")
        self._follow_setting("gsdf")

    @property
    def _view(self) -> ImageView:
        return self._group.current

    def follow_image(self) -> None:
        """Names the window presets and allows the actions that the current image allows."""
        if self._view.radiograph is self._presets_of:
            return
        self._presets_of = self._view.radiograph
        why_not = _("Only CR and DX images, and images that are not DICOM files, can be rotated and flipped")
        for name in ("rotate_left", "rotate_right", "flip_horizontal", "flip_vertical"):
            self._actions.allow(name, self._view.can_turn, why_not)
        self._actions["real_size"].setEnabled(self._view.has_actual_size)
        self._actions.allow("shutter", self._view.has_shutter, _("The file has no shutter"))
        presets = self._view.presets()
        for digit in range(N_PRESETS):
            name = f"preset_{digit}"
            is_there = digit < len(presets)
            self._actions[name].setVisible(is_there)
            if is_there:
                text = presets[digit].name
                tip = _("Window preset {digit}: {name}").format(digit=digit, name=text)
                self._actions.set_text(name, text.replace("&", "&&"), tip)

    def _show_menu(self, place: QPoint) -> None:
        menu = image_menu(self._actions, self._group)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _on_active(self, what: Callable[[ImageView], object]) -> Callable[[], object]:
        return lambda: what(self._group.active)

    def _connect_zoom(self) -> None:
        connect = self._actions.connect
        connect("fit", self._on_active(ImageView.fit))
        connect("actual", self._on_active(ImageView.actual_pixels))
        connect("real_size", self._on_active(self._show_actual_size))
        connect("zoom_in", self._on_active(lambda view: view.zoom(ZOOM_STEP)))
        connect("zoom_out", self._on_active(lambda view: view.zoom(1 / ZOOM_STEP)))
        connect("invert", self._on_active(ImageView.invert))
        connect("previous_state", self._on_active(ImageView.previous_state))
        connect("reset", self._on_active(ImageView.reset))
        self._actions.connect_switch("original_image", self._view.set_original, checked=False)
        self._view.original_changed.connect(self._actions["original_image"].setChecked)
        self._actions.connect_switch("shutter", self._show_shutter, checked=True)

    def _show_shutter(self, shown: bool) -> None:
        for view in self._group.views:
            view.set_shutter_shown(shown)

    def _show_actual_size(self, view: ImageView) -> None:
        view.actual_size(mm_per_px(view.screen(), self._settings))

    def _connect_orientation(self) -> None:
        connect = self._actions.connect
        connect("rotate_right", self._on_active(lambda view: view.rotate(1)))
        connect("rotate_left", self._on_active(lambda view: view.rotate(-1)))
        connect("flip_horizontal", self._on_active(ImageView.flip_horizontally))
        connect("flip_vertical", self._on_active(ImageView.flip_vertically))

    def _connect_modes(self) -> None:
        for mode in ViewMode:
            self._actions.connect_switch(_action_of(mode), self._mode_chooser(mode), checked=mode is self._view.mode)
        self._view.mode_changed.connect(lambda mode: self._actions[_action_of(mode)].setChecked(True))

    def _mode_chooser(self, mode: ViewMode) -> Callable[[bool], object]:
        return lambda chosen: self._view.set_mode(mode) if chosen else None

    def _connect_presets(self) -> None:
        for digit in range(N_PRESETS):
            self._actions.connect(f"preset_{digit}", self._preset_chooser(digit))

    def _preset_chooser(self, digit: int) -> Callable[[], object]:
        return self._on_active(lambda view: view.apply_preset(digit))

    def _connect_measurements(self) -> None:
        actions, view = self._actions, self._view
        actions.connect_switch("annotations", view.set_annotations_shown, checked=view.annotations_shown)
        view.annotations_shown_changed.connect(actions["annotations"].setChecked)
        actions.connect("next_annotation", self._on_active(ImageView.select_next_annotation))
        actions.connect("delete_annotation", self._on_active(ImageView.delete_annotation))
        actions.connect("clear_annotations", self._on_active(_delete_annotations))
        self._group.annotations.edited.connect(self._add_undo_step)

    def _add_undo_step(self, edit: AnnotationEdit) -> None:
        self._session.undo_stack.push(AnnotationCommand(self._group.annotations, edit))

    def _connect_texts(self) -> None:
        self._actions.connect("corner_texts", self._view.cycle_corner_texts)
        self._view.corner_texts_changed.connect(self._save_corner_texts)

    def _save_corner_texts(self, texts: CornerTexts) -> None:
        if self._settings.corner_texts != texts:
            self._settings.corner_texts = texts

    def _follow_setting(self, name: str) -> None:
        if name == "window_drag":
            for view in self._group.views:
                view.set_window_drag(self._settings.window_drag)
        elif name in SCREEN_SETTINGS:
            for view in self._group.views:
                view.set_screen(self._settings.screen)
        elif name == "corner_texts" and self._view.corner_texts != self._settings.corner_texts:
            self._view.set_corner_texts(self._settings.corner_texts)


def _delete_annotations(view: ImageView) -> None:
    view.annotations.clear(_("delete all measurements"))


def _action_of(mode: ViewMode) -> str:
    return f"mode_{mode.value.replace('-', '_')}"
