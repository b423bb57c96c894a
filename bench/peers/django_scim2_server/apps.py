"""The app, under a label of its own: the library's is that of this folder."""

from django.apps import AppConfig


class People(AppConfig):
    """The people who are provisioned."""

    name = "bench.peers.django_scim2_server"
    label = "people"
