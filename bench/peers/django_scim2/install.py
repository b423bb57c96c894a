"""`python -m bench.peers.django_scim2.install`: make the tables, and print the secret of a new token."""

import secrets

import django
from django.core.management import call_command


def main() -> None:
    """Install."""
    django.setup()
    from bench.peers.django_scim2.authentication import digest_of
    from bench.peers.django_scim2.models import Token

    call_command("migrate", run_syncdb=True, verbosity=0)
    secret = secrets.token_urlsafe(48)
    Token.objects.create(digest=digest_of(secret))
    print(secret)


if __name__ == "__main__":
    main()
