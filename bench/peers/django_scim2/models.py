"""The tables: django-scim2's own columns, and the names that Entra sends."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils import timezone
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):  # type: ignore[misc]  # django-scim2 carries no types
    """A group, found by its name."""

    name = models.CharField(max_length=150, unique=True)


class User(AbstractSCIMUserMixin, AbstractBaseUser):  # type: ignore[misc]  # as above
    """A user, and their groups."""

    username = models.CharField(max_length=150, unique=True)
    display_name = models.CharField(max_length=150)
    first_name = models.CharField(max_length=150)
    last_name = models.CharField(max_length=150)
    email = models.EmailField()
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)
    scim_groups = models.ManyToManyField(Group, related_name="user_set")
    USERNAME_FIELD = "username"
