"""Why an operation on connections or tokens was refused. No HTTP here."""


class ProvisioningError(Exception):
    """An operation was refused; the message is a sentence for the person who asked."""


class InvalidLifetime(ProvisioningError):
    """A token can't live that long, or an overlap can't last that long."""


class InvalidLabel(ProvisioningError):
    """A token needs a label of 1 to 100 characters."""


class InvalidScopes(ProvisioningError):
    """A key can't be used for that: it is nothing, or more than whoever issues it may do."""


class UnknownToken(ProvisioningError):
    """No token has this secret or id."""


class TokenNotLive(ProvisioningError):
    """The token is expired or revoked already, so it can't be rotated."""


class ReasonMissing(ProvisioningError):
    """Turning provisioning off needs a reason: Entra's admin will read it."""


class InvalidRecipient(ProvisioningError):
    """An address can't be told: it is none, or it chose nothing to hear."""


class RecipientRefused(InvalidRecipient):
    """An address can't be added, changed or removed as things are: it is there, gone or muted, or one too many."""


class InvalidRetention(ProvisioningError):
    """The log can't be kept that long, or so short."""


class PersonStays(ProvisioningError):
    """A sign-in can't be ended: one's own, or the last that could let others in."""


class TooManyPeople(ProvisioningError):
    """An organization has as many people as it can have."""


class LinkIsDead(ProvisioningError):
    """A link was used already, is too old, or is nobody's (any more)."""


class TooManyQuestions(ProvisioningError):
    """Somebody asked for links to new passwords too often."""


class TokenRequested(ProvisioningError):
    """Somebody of the organization has asked for a token within the hour, and got none yet."""


class ExportRunning(ProvisioningError):
    """An export is being served by the same process; one at a time."""


class NoLongerAllowed(ProvisioningError):
    """Whoever reads a long answer lost the right to while they read it."""


class InvalidWebhook(ProvisioningError):
    """An address is none that we call, or chose nothing to hear; or an overlap can't last that long."""


class WebhookRefused(ProvisioningError):
    """An address leads nowhere at this moment, or inside our own network; or it is one too many."""


class NothingToDo(ProvisioningError):
    """What was asked for is so already, or what it was about is gone."""
