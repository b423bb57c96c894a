"""A CSM creates an organization that Entra can be connected to."""

from django.test import Client

from accounts.models import Operator, Organization
from provisioning.models import LogHead, ProvisioningConnection

ADD = "/admin/accounts/organization/add/"


def test_an_empty_console_says_what_to_do_first(console: Client) -> None:
    page = console.get("/admin/").text

    assert "No organization yet" in page
    assert f'href="{ADD}"' in page


def test_a_csm_creates_an_organization_and_lands_on_its_page(console: Client, csm: Operator) -> None:
    response = console.post(ADD, {"name": "Acme", "slug": "acme"})

    acme = Organization.objects.get()
    assert (response.status_code, response["Location"]) == (
        303,
        f"/admin/accounts/organization/{acme.id}/change/",
    )
    assert (acme.name, acme.slug, acme.success_manager) == ("Acme", "acme", csm)
    assert ProvisioningConnection.objects.get(organization=acme).is_on
    assert LogHead.objects.filter(organization=acme).exists()


def test_a_slug_that_is_taken_is_refused_with_a_sentence(console: Client, acme: Organization) -> None:
    page = console.post(ADD, {"name": "Acme 2", "slug": "acme"})

    assert "There is an organization acme already." in page.text
    assert Organization.objects.count() == 1


def test_the_page_of_an_organization_without_a_token_says_so(console: Client, acme: Organization) -> None:
    page = console.get(f"/admin/accounts/organization/{acme.id}/change/").text

    assert "No token yet: Entra can&#x27;t connect." in page
    assert f'href="/admin/organizations/{acme.id}/issue-token/"' in page
