"""What each method of an address needs: a scope. REST framework loads this before its own views."""

from typing import TYPE_CHECKING, Final

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from provisioning.api import problems
from provisioning.api.callers import caller_of
from provisioning.api.problems import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rest_framework.views import APIView

    from provisioning.models import Scope

READ: Final = "GET"


class HasScope(BasePermission):
    """Asks for the scope that a method needs. A method that nobody serves needs none: it is refused as such."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether whoever calls has it. Raises: Refused, for nobody known too."""
        scopes: Mapping[str, Scope] = getattr(view, "scopes", {})
        caller = caller_of(request)
        scope = scopes.get(READ if request.method == "HEAD" else str(request.method))
        if scope is not None and scope not in caller.scopes:
            raise Refused(problems.forbidden, f"This needs the scope {scope}.")
        return True
