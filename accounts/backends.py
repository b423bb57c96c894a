"""How an operator's sign-in is checked: by password, and on every request after it."""

from typing import Any

from django.contrib.auth import get_user
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.models import Operator


class OperatorBackend(ModelBackend):
    """Django's own, but an operator whose member was deactivated is out at once."""

    def get_user(self, user_id: Any) -> Operator | None:
        """Return the operator of a session, or nobody when they may no longer sign in."""
        operators = Operator.objects.select_related("organization", "member")
        operator = operators.filter(pk=user_id).first()
        return operator if self.user_can_authenticate(operator) else None

    def user_can_authenticate(self, user: Operator | AnonymousUser | None) -> bool:
        """Whether this person may be signed in at this moment."""
        if not isinstance(user, Operator):
            return False
        return user.may_sign_in


def is_signed_in(request: HttpRequest) -> bool:
    """Whether the operator of a session still is at this moment, whatever the request knew when it came."""
    key = request.session.session_key
    return key is not None and request.session.exists(key) and get_user(request).is_authenticated
