"""Whether this process lives (`/healthz`) and whether the product can serve (`/readyz`)."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse


def front_door(_request: HttpRequest) -> HttpResponse:
    """Send whoever opens the bare address to the console."""
    return HttpResponseRedirect(reverse("admin:index"))


def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 as long as this process serves requests."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database answers and has every migration, else 503 with what is wrong."""
    problems = [problem for problem in [database_problem()] if problem]
    status = "unavailable" if problems else "ok"
    return JsonResponse({"status": status, "problems": problems}, status=503 if problems else 200)


def database_problem() -> str:
    """Return what keeps the database from serving, in words; nothing when it serves."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "The database lacks migrations: run `python manage.py migrate`."
    except DatabaseError:
        return "The database does not answer: check DATABASE_URL and the server behind it."
    return ""
