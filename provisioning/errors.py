"""Why an operation on connections or tokens was refused. No HTTP here."""


class ProvisioningError(Exception):
    """An operation was refused; the message is a sentence for the person who asked."""


class InvalidLifetime(ProvisioningError):
    """A token can't live that long, or an overlap can't last that long."""


class InvalidLabel(ProvisioningError):
    """A token needs a label of 1 to 100 characters."""


class UnknownToken(ProvisioningError):
    """No token has this secret or id."""


class TokenNotLive(ProvisioningError):
    """The token is expired or revoked already, so it can't be rotated."""


class ReasonMissing(ProvisioningError):
    """Turning provisioning off needs a reason: Entra's admin will read it."""


class InvalidRecipient(ProvisioningError):
    """An address can't be told: it is none, it is there already, or it chose nothing to hear."""


class InvalidRetention(ProvisioningError):
    """The log can't be kept that long, or so short."""
