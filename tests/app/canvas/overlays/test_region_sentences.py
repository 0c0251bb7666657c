from dataclasses import replace

import numpy as np

from app.canvas.overlays.map_scale import WHOLE_MAP, MapColours, MapView
from app.canvas.overlays.region_sentences import affected_zones, describe_region, detail_region
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.explanation import Masking
from tests.app.predictions import IMAGE_SHAPE, prediction
from tests.app.predictions import explanation as explanation_of

HEIGHT, WIDTH = IMAGE_SHAPE
CLASSES = MapView(colours=MapColours.CLASSES)


def place_of(number):
    row, column = divmod(number, 4)
    return (column + 0.5) * WIDTH / 4, (row + 0.5) * HEIGHT / 4


def changed(number, zone, before, after):
    """A map in which masking a super-pixel changes a zone's probabilities."""
    made = explanation_of({})
    base = np.array(made.base_probabilities)
    base[zone.row, zone.column] = before
    made.contributions[number, zone.row, zone.column] = np.subtract(after, before)
    return replace(made, base_probabilities=base)


def said(made, score, number=5, view=WHOLE_MAP):
    return describe_region(made, prediction(score), *place_of(number), view)


def test_one_sentence_says_what_a_region_does_to_the_zone_it_lies_in():
    made = changed(5, Zone.A, (0.1, 0.2, 0.61, 0.09), (0.2, 0.28, 0.43, 0.09))
    for view in (WHOLE_MAP, CLASSES):
        assert said(made, "200000", view=view) == (
            "Supports 2 in zone A: without it the probability falls from 61% to 43%."
        )


def test_small_changes_are_told_apart():
    made = changed(5, Zone.A, (0.2, 0.2, 0.514, 0.086), (0.208, 0.2, 0.506, 0.086))
    assert said(made, "200000").endswith("falls from 51.4% to 50.6%.")


def test_where_only_the_expected_score_falls_the_sentence_says_so():
    made = changed(5, Zone.A, (0.1, 0.5, 0.3, 0.1), (0.18, 0.55, 0.18, 0.09))
    assert said(made, "100000") == (
        "Supports a higher score in zone A: without it the expected score falls from 1.4 to 1.2."
    )
    assert said(made, "100000", view=CLASSES) == (
        "Counts against 1 in zone A: without it the probability rises from 50% to 55%."
    )


def test_where_the_expected_score_rises_it_speaks_for_a_lower_one():
    made = changed(5, Zone.A, (0.2, 0.5, 0.2, 0.1), (0.1, 0.5, 0.15, 0.25))
    assert said(made, "100000") == (
        "Supports a lower score in zone A: without it the expected score rises from 1.2 to 1.6."
    )


def test_a_region_that_changes_nothing_hardly_matters():
    made = changed(5, Zone.A, (0.2, 0.5, 0.2, 0.1), (0.2, 0.5, 0.2, 0.1))
    assert said(made, "100000") == "Hardly matters to zone A: without it the probability of 1 stays at 50%."


def test_with_a_zone_chosen_the_sentence_is_about_that_zone():
    made = changed(5, Zone.F, (0.1, 0.2, 0.61, 0.09), (0.2, 0.28, 0.43, 0.09))
    assert "zone A" in said(made, "200002")
    assert said(made, "200002", view=MapView(chosen=Zone.F)).startswith("Supports 2 in zone F")


def test_between_the_zones_the_sentence_is_about_the_zone_affected_most():
    made = changed(0, Zone.D, (0.1, 0.2, 0.61, 0.09), (0.2, 0.28, 0.43, 0.09))
    assert said(made, "000200", number=0).startswith("Supports 2 in zone D")
    assert said(explanation_of({}), "000200", number=0) is None


def test_nothing_is_said_of_zones_that_are_not_shown_nor_beside_the_image():
    made = explanation_of({5: (0, 0, 1)})
    for view in (MapView(ZONES[1:]), MapView(()), MapView(ZONES[1:], chosen=Zone.A)):
        assert said(made, "100002", view=view) is None
    for x, y in ((-0.1, 5), (WIDTH, 5), (5, -1), (5, HEIGHT)):
        assert describe_region(made, prediction(), x, y, WHOLE_MAP) is None


def test_a_region_not_masked_yet_says_so():
    part = replace(explanation_of({5: (0, 0, 1)}), computed=np.arange(16) == 5)
    for describe in (describe_region, detail_region):
        assert describe(part, prediction("100002"), *place_of(10), WHOLE_MAP) == "This region has not been masked."


def test_the_zones_a_region_acts_on_are_known_the_most_changed_first():
    made = explanation_of({5: (0, 0, 1)})
    made.contributions[5, 2, 1, 1] = -0.4
    made.contributions[5, 1, 1, 1] = -0.004
    assert affected_zones(made, 5, ZONES) == [Zone.F, Zone.A]
    assert affected_zones(made, 5, (Zone.A,)) == [Zone.A]


def details(made, result, number, view=WHOLE_MAP):
    return detail_region(made, result, *place_of(number), view)


def test_the_details_are_every_change_in_percentage_points():
    first, *lines = details(explanation_of({5: (0, 0, 1)}), prediction("100002"), 5).splitlines()
    assert "percentage points" in first
    assert lines == ["zone A:  score 0: 0.0,  score 1: \N{MINUS SIGN}30.0,  score 2: 0.0,  score 3: 0.0"]


def test_with_a_zone_chosen_the_details_are_of_that_zone_alone():
    text = details(explanation_of({5: (0, 0, 1)}), prediction("100002"), 5, MapView(chosen=Zone.F))
    assert text.splitlines()[1].startswith("zone F:")
    assert "30" not in text


def test_the_details_tell_nothing_of_zones_that_are_not_shown():
    made = explanation_of({5: (0, 0, 1)})
    assert [details(made, prediction("100002"), 5, MapView(zones)) for zones in (ZONES[1:], ())] == [
        "Masking this region changes no visible zone by more than half a percentage point.",
        None,
    ]
    assert "no zone" in details(made, prediction(), 9)


def test_the_details_of_evidence_are_the_part_and_the_whole():
    evidence = np.zeros((16, 3, 2), dtype=np.float32)
    evidence[[5, 6, 9], 0, 0] = 0.3, 2.0, -0.1
    made = replace(explanation_of({}), masking=Masking.EVIDENCE, evidence=evidence)
    result = prediction("200000")
    assert details(made, result, 5).splitlines()[1:] == ["zone A:  0.30 of 2.2"]
    assert details(made, result, 9).splitlines()[1:] == ["zone A:  \N{MINUS SIGN}0.10 of 2.2"]
    assert "no part" in details(made, result, 1)
    assert details(made, result, 1, MapView(chosen=Zone.A)).splitlines()[1:] == ["zone A:  0.00 of 2.2"]
