"""The addresses of version 1: what the OpenAPI document describes, and nothing else."""

from django.urls import URLPattern, URLResolver, include, path

from provisioning.api import (
    audit,
    connections,
    cycles,
    directory,
    log,
    notifications,
    organizations,
    tokens,
    webhooks,
)

of_organization: list[URLPattern | URLResolver] = [
    path("connection", connections.Connection.as_view(), name="connection"),
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/report-leaked", tokens.ReportSecret.as_view(), name="report-secret"),
    path("tokens/<uuid:id>", tokens.OneToken.as_view(), name="token"),
    path("tokens/<uuid:id>/rotate", tokens.RotateToken.as_view(), name="rotate-token"),
    path("tokens/<uuid:id>/revoke", tokens.RevokeToken.as_view(), name="revoke-token"),
    path("tokens/<uuid:id>/report-leaked", tokens.ReportToken.as_view(), name="report-token"),
    path("log-entries", log.Log.as_view(), name="log"),
    path("log-entries/export", log.Export.as_view(), name="export-log"),
    path("log-entries/<uuid:id>", log.OneEntry.as_view(), name="log-entry"),
    path("cycles", cycles.Cycles.as_view(), name="cycles"),
    path("cycles/<int:id>", cycles.OneCycle.as_view(), name="cycle"),
    path("members", directory.Members.as_view(), name="members"),
    path("members/<uuid:id>", directory.OneMember.as_view(), name="member"),
    path("teams", directory.Teams.as_view(), name="teams"),
    path("teams/<uuid:id>", directory.OneTeam.as_view(), name="team"),
    path("recipients", notifications.Recipients.as_view(), name="recipients"),
    path("recipients/<uuid:id>", notifications.OneRecipient.as_view(), name="recipient"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:id>", webhooks.OneWebhook.as_view(), name="webhook"),
    path("webhooks/<uuid:id>/rotate", webhooks.RotateWebhook.as_view(), name="rotate-webhook"),
    path("webhooks/<uuid:id>/test", webhooks.TryWebhook.as_view(), name="test-webhook"),
    path("webhook-deliveries", webhooks.Deliveries.as_view(), name="webhook-deliveries"),
    path("webhook-deliveries/<uuid:id>", webhooks.OneDelivery.as_view(), name="webhook-delivery"),
    path("webhook-deliveries/<uuid:id>/try-again", webhooks.TryAgain.as_view(), name="try-delivery-again"),
    path("audit-events", audit.History.as_view(), name="history"),
    path("audit-events/<uuid:id>", audit.OneAuditEvent.as_view(), name="audit-event"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("me", organizations.Me.as_view(), name="me"),
    path("organizations", organizations.Organizations.as_view(), name="organizations"),
    path("organizations/<slug:organization>", organizations.OneOrganization.as_view(), name="organization"),
    path("organizations/<slug:organization>/", include(of_organization)),
]


def described() -> list[URLPattern | URLResolver]:
    """Return the addresses that the OpenAPI document describes."""
    return [path("api/v1/", include(urlpatterns))]
