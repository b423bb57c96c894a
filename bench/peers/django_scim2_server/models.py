"""The table of people: Django's own user, and the name that Entra sends."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A user whose displayName is kept."""

    display_name = models.CharField(max_length=150)
