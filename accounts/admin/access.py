"""Who may open what, on every page: an operator's role decides, by `Ability`, and nothing else."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.models import Operator
from accounts.permissions import Ability


def may(request: HttpRequest, ability: Ability) -> bool:
    """Whether whoever asks is Hootsuite's own and their role allows it."""
    operator = request.user
    return isinstance(operator, Operator) and operator.is_staff and operator.can(ability)


def may_view(request: HttpRequest) -> bool:
    """Whether to list the pages that everybody of the staff may see."""
    return may(request, Ability.VIEW)


def may_manage_operators(request: HttpRequest) -> bool:
    """Whether to list the page of operators."""
    return may(request, Ability.MANAGE_OPERATORS)


def require(request: HttpRequest, ability: Ability) -> Operator:
    """Return the operator who asks. Raises: PermissionDenied unless their role allows it."""
    operator = request.user
    if not isinstance(operator, Operator) or not may(request, ability):
        raise PermissionDenied(f"Your role does not include: {ability.label}.")
    return operator
