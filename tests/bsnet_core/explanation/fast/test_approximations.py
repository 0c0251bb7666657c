"""The approximations that go together."""

import pytest

from bsnet_core.explanation.fast.approximations import Approximations, Lungs


def test_lungs_to_first_order_without_heads_to_first_order_are_refused():
    with pytest.raises(ValueError, match="first order"):
        Approximations(linear_heads=False, lungs=Lungs.FIRST_ORDER)
