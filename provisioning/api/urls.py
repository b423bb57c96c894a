"""The addresses of the API. Mounted once, at /api/. The last one catches what is none."""

from django.urls import URLPattern, URLResolver, include, path

from provisioning.api import docs, version_1

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/", include(version_1.urlpatterns)),
    path("openapi.json", docs.openapi, name="openapi"),
    path("docs/", docs.api, name="docs"),
    path("docs/scim/", docs.scim, name="docs-scim"),
    path("docs/problems/", docs.explain, name="problems"),
]
