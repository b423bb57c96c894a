"""The addresses our mails lead to, beside those of the consoles."""

from django.urls import path

from provisioning.admin.mail_links import ConfirmAddress, MuteAddress, open_log
from provisioning.admin.view_as import stop_looking
from provisioning.admin.welcome import Forgotten, ResetPassword, Welcome, forgotten_sent

urlpatterns = [
    path("looking/stop/", stop_looking, name="stop_looking"),
    path("welcome/<str:uidb64>/<str:token>/", Welcome.as_view(), name="welcome"),
    path("password/forgotten/", Forgotten.as_view(), name="forgotten"),
    path("password/forgotten/sent/", forgotten_sent, name="forgotten_sent"),
    path("password/<str:uidb64>/<str:token>/", ResetPassword.as_view(), name="reset_password"),
    path("log/", open_log, name="log"),
    path("mails/confirm/<str:signed>/", ConfirmAddress.as_view(), name="confirm_address"),
    path("mails/mute/<str:signed>/", MuteAddress.as_view(), name="mute_address"),
]
