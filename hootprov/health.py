"""Whether this process lives (`/healthz`) and whether the product can serve (`/readyz`)."""

from datetime import timedelta

from celery import current_app
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError

from accounts import clock
from accounts.admin.sites import organization_site, staff_site
from accounts.admin.strict import strict
from accounts.models import Operator
from provisioning import heartbeats, outbox

LONGEST_SILENCE = timedelta(seconds=60)
LONGEST_LAG = timedelta(minutes=5)
IMPATIENT = {"socket_connect_timeout": 1, "socket_timeout": 1}


@strict
@require_safe
def front_door(request: HttpRequest) -> HttpResponse:
    """Send whoever opens the bare address to their console; whoever is not signed in says which it is."""
    staff, organization = (
        reverse("admin:index", current_app=site.name) for site in (staff_site, organization_site)
    )
    if isinstance(request.user, Operator):
        return HttpResponseRedirect(staff if request.user.is_staff else organization)
    context = {"staff_url": staff, "console_url": organization}
    return render(request, "registration/front_door.html", context)


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process serves requests."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when SCIM can be served, else 503; either way with every problem there is, in words.

    Without broker or worker Entra is served as ever and only mails and cycles wait, so a load
    balancer must not take the server away: that is 200, "degraded".
    """
    fatal = database_problem()
    problems = [fatal] if fatal else [each for each in background_problems() if each]
    status = "unavailable" if fatal else "degraded" if problems else "ok"
    return JsonResponse({"status": status, "problems": problems}, status=503 if fatal else 200)


def database_problem() -> str:
    """Return what keeps the database from serving, in words; nothing when it serves."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "The database lacks migrations: run `python manage.py migrate`."
    except DatabaseError:
        return "The database does not answer: check DATABASE_URL and the server behind it."
    return ""


def background_problems() -> list[str]:
    """Return what keeps mails, cycles and health from going on, in words."""
    return [broker_problem(), worker_problem(), outbox_problem()]


def broker_problem() -> str:
    """Return what keeps the broker from serving."""
    try:
        with current_app.connection_for_write(transport_options=IMPATIENT) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (BrokerError, OSError, ValueError):
        return "The broker does not answer: check CELERY_BROKER_URL and the server behind it."
    return ""


def worker_problem() -> str:
    """Return what keeps the worker from its work."""
    silence = heartbeats.silence(heartbeats.WORKER, now=clock.now())
    if silence is None:
        return "No worker has run yet: start `celery --app hootprov worker --beat`."
    if silence > LONGEST_SILENCE:
        return f"The worker has done nothing for {silence.total_seconds():.0f} s: see whether it and its beat run."
    return ""


def outbox_problem() -> str:
    """Return what keeps mails from going out."""
    lag = outbox.lag(now=clock.now())
    if lag > LONGEST_LAG:
        return f"A mail has waited for {lag.total_seconds():.0f} s: see Notifications in the console, and EMAIL_URL."
    return ""
