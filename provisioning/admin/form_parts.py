"""What several forms ask: why something is done, and whether what can't be undone is really meant."""

from typing import Any

from django import forms

from provisioning.history import LONGEST_REASON


class Why(forms.CharField):
    """Asks why, whoever wants to say so; the History shows it."""

    def __init__(self, **options: Any) -> None:
        told: dict[str, Any] = {
            "required": False,
            "max_length": LONGEST_REASON,
            "label": "Why (optional)",
            "help_text": "Such as the ticket. It stands in the History, which the organization's admins read too.",
            "widget": forms.TextInput(attrs={"autocomplete": "off"}),
        }
        super().__init__(**told | options)


class Confirmation(forms.MultipleChoiceField):
    """A box to tick, on a second step. It counts for that one answer: for another it has to be ticked anew."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, answer: str, says: str, submit: str) -> None:
        untold = f"Nothing is done yet. If you mean it, tick this and choose “{submit}”."
        super().__init__(
            label="Can’t be undone",
            choices=[(answer, says)],
            error_messages={"required": untold, "invalid_choice": untold},
        )
