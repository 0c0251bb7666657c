import numpy as np
import pytest

from bsnet_core.errors import Cancelled
from bsnet_core.explanation import Mode, explain


@pytest.mark.parametrize("mode", Mode)
def test_partial_explanations_grow_and_stay_as_they_were_handed_out(small, prediction, mode):
    partials = []
    whole = explain(small, prediction, mode=mode, on_partial=partials.append)
    assert partials
    counts = [int(partial.is_computed.sum()) for partial in partials]
    assert counts == sorted(counts)
    assert counts[0] < len(whole.contributions)
    for partial in partials:
        assert not partial.contributions.flags.writeable
        assert np.array_equal(partial.contributions[partial.is_computed], whole.contributions[partial.is_computed])
        assert (partial.contributions[~partial.is_computed] == 0).all()


@pytest.mark.parametrize("mode", Mode)
def test_explaining_stops_before_the_next_pass_once_cancelled(small, prediction, mode):
    asked = []

    def report(stage, fraction):
        asked.append(fraction)
        if fraction > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain(small, prediction, report, mode=mode)
    assert sum(fraction > 0.2 for fraction in asked) == 1


@pytest.mark.parametrize("mode", Mode)
def test_progress_counts_the_superpixels(small, prediction, explained, mode):
    told = []
    explain(small, prediction, lambda stage, fraction: told.append((stage, fraction)), mode=mode)
    assert told[-1][1] == 1.0
    assert any(f"of {len(explained.contributions)}" in stage for stage, _ in told)
