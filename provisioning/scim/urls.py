"""The SCIM addresses: django-scim2's table and names, our views. Mounted once, at /scim/v2/.

Every address stands in this list, the last of which catches what is none, so that each of them
passes authentication.
"""

from django.urls import re_path

from provisioning.scim import discovery_views, errors, views

not_offered = discovery_views.RefusingView.as_view(problem=errors.not_implemented)
ID = r"(?:/(?P<uuid>[^/.][^/]*))?"

urlpatterns = [
    re_path(r"^Users/\.search/?$", views.UserSearchView.as_view(), name="users-search"),
    re_path(rf"^Users{ID}/?$", views.UsersView.as_view(), name="users"),
    re_path(r"^Groups/\.search/?$", views.GroupSearchView.as_view(), name="groups-search"),
    re_path(rf"^Groups{ID}/?$", views.GroupsView.as_view(), name="groups"),
    re_path(
        r"^ServiceProviderConfig/?$",
        discovery_views.ServiceProviderConfigView.as_view(),
        name="service-provider-config",
    ),
    re_path(rf"^ResourceTypes{ID}/?$", discovery_views.ResourceTypesView.as_view(), name="resource-types"),
    re_path(rf"^Schemas{ID}/?$", discovery_views.SchemasView.as_view(), name="schemas"),
    re_path(r"^Me$", not_offered, name="me"),
    re_path(r"^Bulk$", not_offered, name="bulk"),
    re_path(r"^\.search$", views.RootSearchView.as_view(), name="search"),
    re_path(r"^", discovery_views.RefusingView.as_view(), name="elsewhere"),
]
