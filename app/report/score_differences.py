"""Differences between two Brixia scores in words: the wording shared by panels, report and figures."""

from __future__ import annotations

from bsnet_core.agreement import ACCEPTED_TOTAL_ERROR, ACCEPTED_ZONE_ERROR, ScoreDifference
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count


def signed(difference: int) -> str:
    """A difference with its sign and a true minus: −1, 0, +2."""
    return f"{difference:+d}".replace("-", "−") if difference else "0"


def describe_total_difference(difference: ScoreDifference, direction: str) -> str:
    """Sentence on the difference of the global scores and the accepted difference.

    Args:
        difference: The two scores compared.
        direction: Which score is subtracted from which, in words, such as "prediction minus reading".
    """
    if not difference.is_whole:
        return translate_count(
            "Difference {difference} over the {count} zone assessed ({direction}).",
            "Difference {difference} over the {count} zones assessed ({direction}).",
            len(difference.zones),
        ).format(difference=signed(difference.total), direction=direction, count=len(difference.zones))
    sentence = (
        _("Global difference {difference} ({direction}): within the accepted ±{limit}.")
        if difference.total_is_accepted
        else _("Global difference {difference} ({direction}): outside the accepted ±{limit}.")
    )
    return sentence.format(difference=signed(difference.total), direction=direction, limit=ACCEPTED_TOTAL_ERROR)


def describe_zone_difference(difference: ScoreDifference) -> str:
    """Sentence on the mean absolute difference of the zones and the accepted difference."""
    sentence = (
        _("Mean zone difference {mean}: within the accepted {limit}.")
        if difference.zones_are_accepted
        else _("Mean zone difference {mean}: outside the accepted {limit}.")
    )
    return sentence.format(mean=f"{difference.mean_absolute:.2f}", limit=ACCEPTED_ZONE_ERROR)
