"""`python -m bench.peers.django_scim2.fill MEMBERS`: a group of so many members, with id 1, and as many users besides.

Users have the ids from 1 on; the first ones are in the group.
"""

import sys

import django

BATCH = 5000


def main() -> None:
    """Fill."""
    django.setup()
    from bench.peers.django_scim2.models import Group, User

    members = int(sys.argv[1])
    Group.objects.create(id=1, name="large", scim_id="1", scim_display_name="large")
    users = (
        User(
            id=number,
            scim_id=str(number),
            username=(name := f"person{number}@customer.example"),
            scim_username=name,
            email=name,
            display_name=f"Person {number}",
        )
        for number in range(1, 2 * members + 1)
    )
    User.objects.bulk_create(users, batch_size=BATCH)
    among = User.scim_groups.through
    among.objects.bulk_create(
        (among(user_id=number, group_id=1) for number in range(1, members + 1)), batch_size=BATCH
    )


if __name__ == "__main__":
    main()
