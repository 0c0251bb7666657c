"""The image on the screen: keeps the view and its overlays in step with the session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.background.image_loader import ImageLoader, LoadedImage
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.image_view import ImageView, OverlayState
from app.canvas.overlays import explanation_map as explanation_overlay
from app.canvas.overlays import lungs as lungs_overlay
from app.canvas.overlays import zones as zones_overlay
from app.canvas.overlays.map_scale import MapView
from app.canvas.overlays.usual_zones import usual_frames
from app.commands.action_table import zone_action
from app.commands.actions import Actions
from app.presenters.map_pointer import MapPointer
from app.session.open_image import ImageState, OpenImage
from app.session.session import Session
from app.settings.settings import OVERLAYS, Settings
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.frames import Frames
    from bsnet_core.inference.prediction import LungsFound, Prediction


class CurrentImage(QObject):
    """Shows the session's current image, and has it loaded where its pixels are not in memory."""

    image_shown = Signal(int)
    """Key of an image whose pixels have come to the screen."""
    refreshed = Signal(object)
    """The current `OpenImage`, after another was selected or something about it has changed; None if none is open."""
    zone_clicked = Signal(object)
    """The `Zone` that was clicked in the image."""
    overlays_switched = Signal()
    """Switches or opacity of overlays have changed, for all images."""

    def __init__(
        self,
        session: Session,
        loader: ImageLoader,
        view: ImageView,
        actions: Actions,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._loader = loader
        self._view = view
        self._settings = settings
        self._renderers: dict[int, FrameRenderer] = {}
        self._shown_key: int | None = None
        self._painted = NOTHING
        self._zone: Zone | None = None
        self._asks_for_one = False
        self._zones_shown: frozenset[Zone] = frozenset(ZONES)
        self._zone_to_score: Zone | None = None
        self._differing: frozenset[Zone] = frozenset()
        self._changes: dict[Zone, int] = {}
        self._early_outline: tuple[int, lungs_overlay.LungOutline] | None = None
        self._pointer = MapPointer(session, view, actions, self)
        session.current_changed.connect(self._show)
        session.emptied.connect(self._show_nothing)
        session.image_changed.connect(self._follow)
        session.visibility_changed.connect(lambda visibility: self._update_overlays())
        loader.loaded.connect(self._accept)
        view.clicked.connect(self._emit_zone)
        settings.changed.connect(self._follow_setting)
        self._connect_actions(actions)
        self._update_overlays()

    def explain_zone(self, zone: Zone | None, asks_for_one: bool = False) -> None:
        """Shows the explanation of one zone, or of all; of a zone scored 0 what would make it 1, if that is asked."""
        self._zone, self._asks_for_one = zone, asks_for_one
        self._update_overlays()

    def _connect_actions(self, actions: Actions) -> None:
        """Connects the switches of the zones, which are all on at every start."""
        for zone in ZONES:
            actions.connect_switch(zone_action(zone), partial(self.show_zone, zone), checked=zone in self._zones_shown)

        def show_all() -> None:
            for zone in ZONES:
                actions[zone_action(zone)].setChecked(True)

        actions.connect("all_zones", show_all)

    def show_zone(self, zone: Zone, shown: bool) -> None:
        """Shows or hides grid, scores and explanation of a zone, in all images."""
        self._zones_shown = self._zones_shown | {zone} if shown else self._zones_shown - {zone}
        self._update_overlays()
        self.overlays_switched.emit()

    def mark_zone_to_score(self, zone: Zone | None) -> None:
        """Marks the zone that the next key scores."""
        self._zone_to_score = zone
        self._update_overlays()

    def mark_differing(self, zones: Iterable[Zone]) -> None:
        """Marks the zones in which the two compared results differ."""
        self._differing = frozenset(zones)
        self._update_overlays()

    def mark_changes(self, changes: Mapping[Zone, int]) -> None:
        """Writes into the zones how their scores have changed since the prior image."""
        if changes != self._changes:
            self._changes = dict(changes)
            self._update_overlays()

    def show_loading(self) -> None:
        """Shows that a file is being loaded."""
        self._view.show_message(_("Loading…"))

    def _show(self, key: int) -> None:
        self._shown_key = None
        image = self._session.image(key)
        if self._session.radiograph_of(key) is not None and key in self._renderers:
            self._show_image(key)
        elif image.state is ImageState.UNREADABLE:
            self._view.show_message(image.problem)
        else:
            self.show_loading()
            self._loader.load(key)
        self._refresh(image)

    def _show_nothing(self) -> None:
        self._shown_key = None
        self._view.show_nothing()
        self._update_overlays()
        self.refreshed.emit(None)

    def _accept(self, key: int, loaded: LoadedImage) -> None:
        self._renderers[key] = loaded.renderer
        kept = {image.key for image in self._session.images if self._session.radiograph_of(image.key) is not None}
        self._renderers = {other: renderer for other, renderer in self._renderers.items() if other in kept}
        image = self._session.current
        if image is not None and image.key == key:
            self._show_image(key)

    def _show_image(self, key: int) -> None:
        radiograph = self._session.radiograph_of(key)
        if radiograph is None:
            return
        self._view.show_radiograph(radiograph, self._renderers[key])
        self._shown_key, self._painted = key, NOTHING
        self._pointer.forget()
        self._session.note_displayed(key)
        self.image_shown.emit(key)
        self._refresh(self._session.image(key))

    def _follow(self, key: int) -> None:
        image = self._session.current
        if image is not None and image.key == key:
            self._refresh(image)

    def _refresh(self, image: OpenImage) -> None:
        if image.state is ImageState.LOADING:
            self.show_loading()
        elif image.state is ImageState.UNREADABLE:
            self._view.show_message(image.problem)
        self._update_overlays()
        self.refreshed.emit(image)

    def _follow_setting(self, name: str) -> None:
        if name in ("overlays", "explanation_colours"):
            self._update_overlays()
            self.overlays_switched.emit()

    def overlays_of(self, image: OpenImage) -> OverlayState:
        """The overlays of any image, as the switches say, with nothing that must not be seen."""
        shown = self._session.shown(image.key)
        return self._switched(_overlays_of(Ingredients(shown.prediction, shown.explanation, self._map_view)), shown)

    def show_lungs(self, key: int, lungs: LungsFound) -> None:
        """Outlines the lungs before the rest of the prediction is there."""
        self._early_outline = (key, lungs_overlay.outline_of(lungs))
        self._update_overlays()

    def _update_overlays(self) -> None:
        image = self._shown_image
        made_of, caption = NOTHING, ""
        if image is not None and image.key == self._shown_key:
            made_of = Ingredients(image.prediction, image.explanation, self._map_view)
            if image.prediction is not None:
                model = image.prediction.model
                caption = _("Brixia score: {model} {version}").format(model=model.name, version=model.version)
        drawn = self._view.overlays
        if not made_of.are_the_same_as(self._painted):
            # A growing map leaves outline and labels unchanged.
            known = drawn if made_of.prediction is self._painted.prediction else None
            self._painted = made_of
            drawn = _overlays_of(made_of, known)
        if image is not None and made_of.prediction is None:
            drawn = replace(drawn, lungs=self._early_lungs(image), frames=self._usual_frames(image))
        self._view.set_result_caption(caption)
        marked = replace(drawn, in_turn=self._zone_to_score, differing=self._differing, changes=self._changes)
        self._view.set_overlays(self._switched(marked, image))
        self._pointer.follow()

    @property
    def _shown_image(self) -> OpenImage | None:
        """The current image as it may be shown."""
        current = self._session.current
        return None if current is None else self._session.shown(current.key)

    def _early_lungs(self, image: OpenImage) -> lungs_overlay.LungOutline | None:
        early = self._early_outline
        is_there = early is not None and early[0] == image.key == self._shown_key
        may_show = self._session.prediction_is_visible(image.key)
        return early[1] if early is not None and is_there and may_show else None

    def _usual_frames(self, image: OpenImage) -> Frames | None:
        """The grid in its usual place, to click on while the network's must not be seen."""
        radiograph = self._view.radiograph
        if radiograph is None or image.key != self._shown_key or self._session.prediction_is_visible(image.key):
            return None
        return usual_frames(radiograph.shape, image.metadata.patient_orientation)

    @property
    def _map_view(self) -> MapView:
        """The part of an explanation that is shown."""
        zones = tuple(zone for zone in ZONES if zone in self._zones_shown)
        return MapView(zones, self._zone, self._settings.explanation_colours, self._asks_for_one)

    def _switched(self, drawn: OverlayState, image: OpenImage | None) -> OverlayState:
        own: dict[Zone, int] = {}
        if image is not None:
            own = image.own_entries(self._session.reader)
        return replace(
            drawn,
            shown={name: self._settings.overlay_shown(name) for name in OVERLAYS},
            opacity={name: self._settings.overlay_opacity(name) / 100 for name in OVERLAYS},
            own=own,
            zones_shown=self._zones_shown,
            map_view=self._map_view,
        )

    def _emit_zone(self, x: float, y: float) -> None:
        zone = self._view.overlays.zone_at(x, y)
        if zone is not None and not self._view.is_original:
            self.zone_clicked.emit(zone)


@dataclass(frozen=True)
class Ingredients:
    """The results that overlays are made from, to make them again only if one of them has changed."""

    prediction: Prediction | None
    explanation: Explanation | None
    map_view: MapView

    def are_the_same_as(self, other: Ingredients) -> bool:
        """Whether prediction and explanation are the identical objects, and the map's views are equal."""
        are_the_same = self.prediction is other.prediction and self.explanation is other.explanation
        return are_the_same and self.map_view == other.map_view


NOTHING = Ingredients(None, None, MapView())


def _overlays_of(made_of: Ingredients, known: OverlayState | None = None) -> OverlayState:
    """Makes overlays; outline and labels are taken from `known` if they are of the same prediction."""
    prediction, image = made_of.prediction, None
    if prediction is None:
        return OverlayState({}, {})
    if made_of.explanation is not None and made_of.map_view.zones:
        image = explanation_overlay.image_of(made_of.explanation, prediction, made_of.map_view)
    if known is not None and known.frames is prediction.frames:
        return replace(known, explanation=image)
    outline, labels = lungs_overlay.outline_of(prediction), zones_overlay.labels_of(prediction)
    return OverlayState({}, {}, outline, prediction.frames, labels, image)
