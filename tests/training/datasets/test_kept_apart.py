from training.datasets.kept_apart import is_kept_apart

KEPT = [0, 8, 21, 31, 38]


def test_about_a_fifth_of_the_patients_is_kept_apart():
    kept = sum(is_kept_apart(f"ralo-{number}") for number in range(5000))
    assert 900 < kept < 1100


def test_the_same_patients_are_kept_apart_in_every_version():
    # Changing the rule would train on what measured earlier weights.
    assert [number for number in range(40) if is_kept_apart(f"nih-{number}")] == KEPT
