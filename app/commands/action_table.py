"""The table of everything that a menu, a key or the toolbar can do.

A new action is one entry here and one `connect` of `app.commands.actions.Actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.language import to_translate, translate_marked

MODES = "modes"
"""Exclusive group: what a left drag over the image does."""
PRESETS = "presets"
"""Window presets on the digits; off while the digits enter scores."""
OVERLAY_SWITCHES = "overlays"
N_PRESETS = 10


class Menu(StrEnum):
    """The menu an action belongs to; PRESETS is a menu inside VIEW, and ZONES one inside OVERLAYS."""

    FILE = auto()
    EDIT = auto()
    VIEW = auto()
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
    """The name and text of an action, the menu it belongs to, and its default keys.

    Attributes:
        name: The program's name for it; stands in the settings file, so it never changes.
        default_keys: In Qt's portable notation, the one shown in menus first.
        icon: Name in the icon font; empty for none.
        english_text: Text of the menu entry, `&` before the letter that the menu underlines.
        english_tip: What it does, in a few words.
        group: Actions that are exclusive (`MODES`) or switched off together; empty for none.
        fields: Values of the fields in both texts.
    """

    name: str
    menu: Menu
    default_keys: tuple[str, ...]
    icon: str
    english_text: str
    english_tip: str
    checkable: bool = False
    group: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The text in the language in use."""
        return translate_marked(self.english_text).format(**self.fields)

    @property
    def tip(self) -> str:
        """The tip in the language in use."""
        return translate_marked(self.english_tip).format(**self.fields)

    @property
    def plain_text(self) -> str:
        """The text without underlined letter and dots."""
        return self.text.replace("&", "").removesuffix("…")


def zone_action(zone: Zone) -> str:
    """Name of the action that shows or hides a zone's overlays."""
    return f"zone_{zone.name.lower()}"


# fmt: off
ACTION_GROUPS: tuple[tuple[ActionSpec, ...], ...] = (
    (
        ActionSpec("open", Menu.FILE, ("Ctrl+O",), "file-image-outline",
            to_translate("&Open…"), to_translate("Open DICOM, JPEG, PNG or TIFF files")),
        ActionSpec("open_folder", Menu.FILE, ("Ctrl+Shift+O",), "folder-open-outline",
            to_translate("Open &folder…"), to_translate("Open every image in a folder")),
        ActionSpec("open_reading_list", Menu.FILE, ("Ctrl+L",), "format-list-numbered",
            to_translate("Open reading &list…"), to_translate("Open the reading list of a reader study")),
    ),
    (
        ActionSpec("report", Menu.FILE, ("Ctrl+P",), "file-pdf-box",
            to_translate("&Report…"), to_translate("Write a PDF report of this image")),
        ActionSpec("export_figure", Menu.FILE, ("Ctrl+Shift+F",), "view-week-outline",
            to_translate("Save t&hree-part figure…"),
            to_translate("Save the image, the aligned lungs and the explanation side by side")),
        ActionSpec("export_picture", Menu.FILE, ("Ctrl+Shift+S",), "image-move",
            to_translate("Save image as &shown…"),
            to_translate("Save the image as it is shown, with its window and overlays")),
        ActionSpec("export_film", Menu.FILE, ("Ctrl+Shift+M",), "image-filter-black-white",
            to_translate("Save 16-bit i&mage…"),
            to_translate("Save all grey levels of the image, without window, overlays and patient data")),
        ActionSpec("export_dicom", Menu.FILE, ("Ctrl+Shift+D",), "hospital-box-outline",
            to_translate("Export &DICOM results…"),
            to_translate("Write prediction, reading and report as DICOM objects, with the patient's name, for a PACS")),
        ActionSpec("export_csv", Menu.FILE, ("Ctrl+Shift+E",), "table-arrow-down",
            to_translate("Save readings as &CSV…"), to_translate("Save all readings as a table")),
        ActionSpec("export_batch", Menu.FILE, ("Ctrl+Shift+B",), "table-multiple",
            to_translate("Save &all results as CSV…"),
            to_translate("Save the predictions of all open images as a table")),
    ),
    (
        ActionSpec("tags", Menu.FILE, ("Ctrl+T",), "tag-outline",
            to_translate("DICOM &tags"), to_translate("Show the file's header")),
    ),
    (
        ActionSpec("new_window", Menu.FILE, ("Ctrl+N",), "dock-window",
            to_translate("New &window"), to_translate("Open another window on the same library, for another screen")),
        ActionSpec("quit", Menu.FILE, ("Ctrl+Q",), "exit-to-app",
            to_translate("&Quit"), to_translate("Close the viewer")),
    ),
    (
        ActionSpec("undo", Menu.EDIT, ("Ctrl+Z",), "undo",
            to_translate("&Undo"), to_translate("Undo the last change")),
        ActionSpec("redo", Menu.EDIT, ("Ctrl+Shift+Z", "Ctrl+Y"), "redo",
            to_translate("&Redo"), to_translate("Repeat the change that was undone")),
    ),
    (
        ActionSpec("copy_picture", Menu.EDIT, ("Ctrl+C",), "content-copy",
            to_translate("&Copy image"), to_translate("Copy the image as it is shown")),
        ActionSpec("delete_annotation", Menu.EDIT, ("Del",), "delete-outline",
            to_translate("&Delete measurement"), to_translate("Delete the selected measurement")),
    ),
    (
        ActionSpec("preferences", Menu.EDIT, ("Ctrl+,",), "cog-outline",
            to_translate("&Preferences…"), to_translate("Change appearance, reading, keys and more")),
    ),
    (
        ActionSpec("fit", Menu.VIEW, ("F",), "fit-to-screen-outline",
            to_translate("&Fit"), to_translate("Show the whole image")),
        ActionSpec("actual", Menu.VIEW, ("Ctrl+1",), "numeric-1-box-outline",
            to_translate("&1:1"), to_translate("Show one image pixel per screen pixel")),
        ActionSpec("real_size", Menu.VIEW, ("Ctrl+2",), "tape-measure",
            to_translate("Actual si&ze"),
            to_translate("Show one millimetre of the image, as the file states it, as one millimetre of the screen")),
        ActionSpec("zoom_in", Menu.VIEW, ("+",), "magnify-plus-outline",
            to_translate("Zoom &in"), to_translate("Enlarge the image")),
        ActionSpec("zoom_out", Menu.VIEW, ("-",), "magnify-minus-outline",
            to_translate("Zoom &out"), to_translate("Make the image smaller")),
    ),
    (
        ActionSpec("invert", Menu.VIEW, ("Ctrl+I",), "invert-colors",
            to_translate("In&vert"), to_translate("Invert the grey levels")),
        ActionSpec("rotate_right", Menu.VIEW, ("R",), "rotate-right",
            to_translate("Rotate &right"), to_translate("Rotate the image 90° clockwise")),
        ActionSpec("rotate_left", Menu.VIEW, ("Shift+R",), "rotate-left",
            to_translate("Rotate &left"), to_translate("Rotate the image 90° anticlockwise")),
        ActionSpec("flip_horizontal", Menu.VIEW, ("Shift+H",), "flip-horizontal",
            to_translate("Flip left and ri&ght"), to_translate("Mirror the image left to right")),
        ActionSpec("flip_vertical", Menu.VIEW, ("Shift+V",), "flip-vertical",
            to_translate("Flip &top and bottom"), to_translate("Mirror the image top to bottom")),
    ),
    (
        ActionSpec("previous_state", Menu.VIEW, ("P",), "history",
            to_translate("&Previous state"), to_translate("Restore the previous window and zoom")),
        ActionSpec("reset", Menu.VIEW, ("Esc",), "restore",
            to_translate("Re&set"), to_translate("Restore window, polarity and zoom as opened")),
    ),
    (
        ActionSpec("left_pane", Menu.VIEW, ("F7",), "dock-left",
            to_translate("List of i&mages"), to_translate("Show or hide the pane with the images"), checkable=True),
        ActionSpec("right_pane", Menu.VIEW, ("F8",), "dock-right",
            to_translate("Scores &and overlays"),
            to_translate("Show or hide the pane with scores and overlays"), checkable=True),
        ActionSpec("full_screen", Menu.VIEW, ("F11",), "fullscreen",
            to_translate("F&ull screen"),
            to_translate("Fill the screen with the image and a line of scores, or return to the window"),
            checkable=True),
        ActionSpec("corner_texts", Menu.VIEW, ("I",), "text-box-outline",
            to_translate("&Corner text"), to_translate("Show all, some or no text in the corners")),
        ActionSpec("shutter", Menu.VIEW, ("Shift+B",), "circle-box-outline",
            to_translate("&Blacken outside the shutter"),
            to_translate("Blacken the area outside the file's display shutter, or show the whole image"),
            checkable=True),
    ),
    tuple(
        ActionSpec(f"preset_{digit}", Menu.PRESETS, (str(digit),), "",
            to_translate("Preset &{digit}"), to_translate("Window preset {digit}"),
            group=PRESETS, fields={"digit": str(digit)})
        for digit in range(N_PRESETS)
    ),
    (
        ActionSpec("mode_window", Menu.MEASURE, ("W",), "contrast-circle",
            to_translate("&Window"),
            to_translate("Drag with the left button to change the window"), checkable=True, group=MODES),
        ActionSpec("mode_zoom", Menu.MEASURE, ("Z",), "magnify",
            to_translate("&Zoom"), to_translate("Drag with the left button to zoom"), checkable=True, group=MODES),
        ActionSpec("mode_pan", Menu.MEASURE, ("T",), "hand-back-right-outline",
            to_translate("P&an"),
            to_translate("Drag with the left button to move the image"), checkable=True, group=MODES),
    ),
    (
        ActionSpec("mode_distance", Menu.MEASURE, ("D",), "ruler",
            to_translate("&Distance"),
            to_translate("Drag with the left button to measure a distance"), checkable=True, group=MODES),
        ActionSpec("mode_angle", Menu.MEASURE, ("N",), "angle-acute",
            to_translate("A&ngle"),
            to_translate("Click three points to measure an angle"), checkable=True, group=MODES),
        ActionSpec("mode_roi", Menu.MEASURE, ("Shift+D",), "rectangle-outline",
            to_translate("&Rectangle"),
            to_translate("Drag with the left button to measure the values in a rectangle"),
            checkable=True, group=MODES),
        ActionSpec("mode_roi_ellipse", Menu.MEASURE, ("Shift+E",), "ellipse-outline",
            to_translate("&Ellipse"),
            to_translate("Drag with the left button to measure the values in an ellipse"), checkable=True, group=MODES),
        ActionSpec("mode_probe", Menu.MEASURE, ("X",), "eyedropper",
            to_translate("&Pixel values"),
            to_translate("Show the values under the pointer"), checkable=True, group=MODES),
        ActionSpec("mode_lens", Menu.MEASURE, ("M",), "magnify-scan",
            to_translate("Ma&gnifier"),
            to_translate("Magnify the image under the pointer"), checkable=True, group=MODES),
    ),
    (
        ActionSpec("annotations", Menu.MEASURE, ("A",), "vector-line",
            to_translate("&Show measurements"), to_translate("Show or hide measurements"), checkable=True),
        ActionSpec("next_annotation", Menu.MEASURE, ("Shift+A",), "vector-point-select",
            to_translate("Select ne&xt measurement"),
            to_translate("Select one measurement after another; arrow keys move it, Del deletes it")),
        ActionSpec("clear_annotations", Menu.MEASURE, ("Ctrl+Del",), "delete-sweep-outline",
            to_translate("Delete a&ll measurements"), to_translate("Delete every measurement on this image")),
    ),
    (
        ActionSpec("lungs", Menu.OVERLAYS, ("L",), "lungs",
            to_translate("&Lungs"),
            to_translate("Show or hide the lung outline"), checkable=True, group=OVERLAY_SWITCHES),
        ActionSpec("lung_fill", Menu.OVERLAYS, ("Shift+L",), "format-color-fill",
            to_translate("Lung &fill"),
            to_translate("Show or hide the coloured lung area"), checkable=True, group=OVERLAY_SWITCHES),
        ActionSpec("zones", Menu.OVERLAYS, ("G",), "grid",
            to_translate("Zone &grid"),
            to_translate("Show or hide the zone grid with scores"), checkable=True, group=OVERLAY_SWITCHES),
        ActionSpec("scores", Menu.OVERLAYS, ("Shift+G",), "numeric-3-box-outline",
            to_translate("&Scores in the zones"),
            to_translate("Show or hide scores and confidence in the zones"), checkable=True, group=OVERLAY_SWITCHES),
        ActionSpec("explanation", Menu.OVERLAYS, ("E",), "map-search-outline",
            to_translate("&Explanation"),
            to_translate("Show or hide the explanation map"), checkable=True, group=OVERLAY_SWITCHES),
        ActionSpec("map_details", Menu.OVERLAYS, ("V",), "",
            to_translate("De&tails of a region"),
            to_translate("Under the pointer, show every number of a region of the explanation map"), checkable=True),
        ActionSpec("planes", Menu.OVERLAYS, ("Shift+O",), "draw",
            to_translate("&DICOM overlays"),
            to_translate("Show or hide the overlays stored in the file"), checkable=True, group=OVERLAY_SWITCHES),
    ),
    (
        ActionSpec("original_image", Menu.OVERLAYS, ("O",), "image-outline",
            to_translate("&Original image"), to_translate("Hide everything drawn over the image"), checkable=True),
    ),
    (
        ActionSpec("all_zones", Menu.ZONES, ("Alt+0",), "",
            to_translate("&All zones"), to_translate("Show the overlays of all zones")),
    ),
    tuple(
        ActionSpec(zone_action(zone), Menu.ZONES, (f"Alt+{number}",), "",
            to_translate("Zone &{zone}"), to_translate("Show or hide grid, scores and explanation of zone {zone}"),
            checkable=True, fields={"zone": zone.name})
        for number, zone in enumerate(ZONES, 1)
    ),
    (
        ActionSpec("previous", Menu.IMAGES, ("PgUp",), "chevron-up",
            to_translate("&Previous image"), to_translate("Show the image above in the list")),
        ActionSpec("next", Menu.IMAGES, ("PgDown",), "chevron-down",
            to_translate("&Next image"), to_translate("Show the image below in the list")),
        ActionSpec("remove_image", Menu.IMAGES, ("Ctrl+W",), "playlist-remove",
            to_translate("&Remove from the list"),
            to_translate("Take this image off the list; its file, readings and what you entered are kept")),
        ActionSpec("next_unread", Menu.IMAGES, ("Ctrl+PgDown", "J"), "page-next-outline",
            to_translate("Next &unread image"), to_translate("Show the next image that you have not read")),
    ),
    (
        ActionSpec("compare_prior", Menu.IMAGES, ("C",), "compare",
            to_translate("&Compare with prior"),
            to_translate("Show a prior image of this patient beside the current one"), checkable=True),
        ActionSpec("compare_four", Menu.IMAGES, ("Ctrl+Shift+C",), "view-grid-outline",
            to_translate("Up to &four images"),
            to_translate("Show up to three prior images beside the current one, or only the latest"), checkable=True),
        ActionSpec("earlier_prior", Menu.IMAGES, ("Shift+PgDown",), "chevron-double-down",
            to_translate("&Earlier prior"), to_translate("Compare with an earlier prior image")),
        ActionSpec("later_prior", Menu.IMAGES, ("Shift+PgUp",), "chevron-double-up",
            to_translate("L&ater prior"), to_translate("Compare with a later prior image")),
        ActionSpec("other_picture", Menu.IMAGES, ("F6",), "swap-horizontal",
            to_translate("Switch to &other image"), to_translate("Make the next image on the screen the active one")),
        ActionSpec("link_views", Menu.IMAGES, ("Shift+C",), "link-variant",
            to_translate("&Link images"), to_translate("Zoom and pan all images together"), checkable=True),
    ),
    (
        ActionSpec("history", Menu.LIBRARY, ("Ctrl+H",), "clipboard-text-clock-outline",
            to_translate("&History of this image"),
            to_translate("Show who saved, saw, revealed and exported what, and when")),
    ),
    (
        ActionSpec("copy_library", Menu.LIBRARY, ("Ctrl+Shift+K",), "database-outline",
            to_translate("Save a cop&y of the library…"), to_translate("Save the whole library as one file")),
        ActionSpec("export_library", Menu.LIBRARY, ("Ctrl+Shift+J",), "database-export-outline",
            to_translate("Save the library as &JSON lines…"),
            to_translate("Save the library as text for other programs")),
        ActionSpec("salvage_library", Menu.LIBRARY, ("Ctrl+Shift+L",), "database-alert-outline",
            to_translate("&Recover a damaged library…"),
            to_translate("Recover what is still intact in a quarantined library")),
    ),
    (
        ActionSpec("forget_identities", Menu.LIBRARY, ("Ctrl+Shift+Del",), "account-off-outline",
            to_translate("For&get identities in the library…"),
            to_translate("Remove names, birth dates and paths from the library")),
    ),
    (
        ActionSpec("score_mode", Menu.READING, ("S",), "numeric",
            to_translate("&Scoring"), to_translate("Score zones A to F in turn with keys 0 to 3"), checkable=True),
        ActionSpec("blind_mode", Menu.READING, ("B",), "eye-off-outline",
            to_translate("&Blind reading"),
            to_translate("Hide the prediction until your own score is saved"), checkable=True),
        ActionSpec("save_reading", Menu.READING, ("Ctrl+S",), "content-save-outline",
            to_translate("Sa&ve reading"), to_translate("Save the six zones as your reading")),
        ActionSpec("correct_reading", Menu.READING, ("Shift+S",), "pencil-outline",
            to_translate("&Correct reading"), to_translate("Start a new reading from your saved one, which is kept")),
        ActionSpec("clear_reading", Menu.READING, ("Ctrl+Backspace",), "eraser",
            to_translate("C&lear zones"), to_translate("Clear all zones that are not saved")),
    ),
    (
        ActionSpec("statistics", Menu.READING, ("Ctrl+G",), "chart-scatter-plot",
            to_translate("S&tatistics"), to_translate("Show the agreement across all readings")),
    ),
    (
        ActionSpec("analyse", Menu.ANALYSIS, ("Ctrl+R",), "refresh",
            to_translate("&Analyse again"), to_translate("Run the network on this image")),
        ActionSpec("analyse_all", Menu.ANALYSIS, ("Ctrl+Shift+R",), "playlist-play",
            to_translate("Analyse a&ll"), to_translate("Run the network on every open image")),
        ActionSpec("explain", Menu.ANALYSIS, ("Ctrl+E",), "lightbulb-on-outline",
            to_translate("&Explain"), to_translate("Find the regions that support the score")),
        ActionSpec("cancel", Menu.ANALYSIS, ("Ctrl+.",), "stop-circle-outline",
            to_translate("&Cancel"), to_translate("Stop the analysis")),
    ),
    (
        ActionSpec("repair", Menu.ANALYSIS, ("U",), "auto-fix",
            to_translate("&Repair image"),
            to_translate("Rotate, mirror or invert the image as the quality notes suggest, and analyse it again")),
        ActionSpec("undo_repair", Menu.ANALYSIS, ("Shift+U",), "undo-variant",
            to_translate("&Undo repair"), to_translate("Show and score the image as it is stored")),
    ),
    (
        ActionSpec("open_samples", Menu.HELP, ("Ctrl+Shift+F1",), "image-multiple-outline",
            to_translate("Open the &sample images"),
            to_translate("Open the bundled images, whose readings do not count in the statistics")),
        ActionSpec("help", Menu.HELP, ("F1", "H"), "help-circle-outline",
            to_translate("&Help"), to_translate("Keys, mouse, scores and limits")),
        ActionSpec("about", Menu.HELP, ("Shift+F1",), "information-outline",
            to_translate("&About"), to_translate("About this program")),
    ),
)
# fmt: on
"""All actions in the order of the menus; a menu has a separator between two groups.

Keys are those of IHE Basic Image Review where it names one: W Z T D A P, Esc, H, Page Up and Page Down.
"""
ACTIONS: tuple[ActionSpec, ...] = tuple(spec for group in ACTION_GROUPS for spec in group)
"""All actions, without the groups."""
