"""Every address of the product; whoever loads it loads the pages."""

from django.contrib import admin
from django.urls import include, path

from accounts.admin.sites import organization_site, staff_site
from hootprov import health
from provisioning.admin import urls as console
from provisioning.api import docs
from provisioning.api import urls as api
from provisioning.scim import openapi as scim_openapi
from provisioning.scim import urls as scim

admin.autodiscover()

urlpatterns = [
    path("scim/v2/", include((scim.urlpatterns, "scim"))),
    path("", health.front_door, name="front_door"),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("admin/", staff_site.urls),
    path("console/", organization_site.urls),
    path("", include(console.urlpatterns)),
    path("api/openapi-scim.json", docs.read_only(scim_openapi.answer), name="openapi_scim"),
    path("api/", include((api.urlpatterns, "api"))),
]

# What no view has caught: a SCIM body under /scim/, a page elsewhere.
handler400 = "hootprov.errors.bad_request"
handler404 = "hootprov.errors.not_found"
handler500 = "hootprov.errors.server_error"
