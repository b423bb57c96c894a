"""`python -m bench.peers.install`: make the tables of a Django peer, and print the secret of a new token."""

import secrets

import django
from django.core.management import call_command


def main() -> None:
    """Install."""
    django.setup()
    from bench.peers.tokens.models import Token, digest_of

    call_command("migrate", run_syncdb=True, verbosity=0)
    secret = secrets.token_urlsafe(48)
    Token.objects.create(digest=digest_of(secret))
    print(secret)


if __name__ == "__main__":
    main()
