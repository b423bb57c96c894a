"""The page after a token was issued: its secret, once, and the line that waits for Entra's test of it."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View

from accounts import clock
from accounts.admin.access import found, require
from accounts.admin.pages import page_url, row_url
from accounts.admin.sites import staff_site
from accounts.admin.strict import strict_and_waiting
from accounts.admin.words import moment
from accounts.models import Operator
from accounts.permissions import Ability
from provisioning.admin import secret_once
from provisioning.admin.live import live_context
from provisioning.models import ScimToken


@method_decorator(strict_and_waiting, name="dispatch")
class ShowSecret(View):
    """Shows a new token's secret once. A HEAD must not use that once up, so there is none."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, token_id: UUID) -> HttpResponse:
        """Show the secret, or say that it is gone; this page issues nothing."""
        operator = require(request, Ability.ISSUE_TOKENS)
        token = found(request, ScimToken, token_id, "organization__connection")
        response = self.answer(request, token, operator)
        secret_once.forget(response, page=request.path)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response

    def answer(self, request: HttpRequest, token: ScimToken, operator: Operator) -> HttpResponse:
        """Return the page with the secret, or without."""
        secret = secret_once.take(
            request, row_id=token.id, digest=token.digest, operator_id=operator.id, now=clock.now()
        )
        context = {
            "secret": secret,
            "tenant_url": settings.TENANT_URL,
            "token": token,
            "expires": moment(token.expires_at),
            "organization_url": row_url(request, token.organization),
            "token_url": row_url(request, token),
            "again_url": f"{page_url(request, 'rotate_token', token.id)}?overlap_days=0",
            "issue_url": page_url(request, "issue_token", token.organization_id),
            "is_live": token.is_live(clock.now()),
            **live_context(request, token.organization, token, since=token.issued_at),
        }
        return render(request, "console/secret.html", context, status=200 if secret else 410)


staff_site.add_page("tokens/<uuid:token_id>/secret/", ShowSecret.as_view(), name="token_secret")
