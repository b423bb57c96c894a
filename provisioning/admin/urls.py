"""The addresses our mails lead to, beside those of the consoles."""

from django.urls import path

from provisioning.admin.mail_links import ConfirmAddress, MuteAddress, open_log

urlpatterns = [
    path("log/", open_log, name="log"),
    path("mails/confirm/<str:signed>/", ConfirmAddress.as_view(), name="confirm_address"),
    path("mails/mute/<str:signed>/", MuteAddress.as_view(), name="mute_address"),
]
