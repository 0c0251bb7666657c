"""The statement of intended use: the wording shared by window, reports and commands.

The help, the README and the table and model files state it in their own texts.
"""

from __future__ import annotations

from bsnet_core.language import translate as _


def research_only() -> str:
    """The sentence shown wherever a score is shown."""
    return _("Research software, not a medical device.")


def not_for_patient_care() -> str:
    """The sentence that follows where there is room for it."""
    return _("Do not use it for diagnosis, triage or treatment.")


def intended_use() -> str:
    """Both sentences."""
    return f"{research_only()} {not_for_patient_care()}"
