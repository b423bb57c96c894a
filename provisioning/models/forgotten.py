"""Who asked for a link to a new password lately: by it the asking is limited."""

from django.db import models

from accounts import clock


class ForgottenPassword(models.Model):
    """That somebody asked. `person` is a keyed hash of the e-mail address they gave, known or not.

    It is empty where the address had been asked for too often to be heeded.
    """

    at = models.DateTimeField(default=clock.now)
    person = models.CharField(max_length=64)
    client = models.GenericIPAddressField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["person", "at"], name="forgotten_by_person"),
            models.Index(fields=["client", "at"], name="forgotten_by_client"),
            models.Index(fields=["at"], name="forgotten_by_age"),
        ]

    def __str__(self) -> str:
        return f"asked at {self.at:%Y-%m-%d %H:%M:%S}"
