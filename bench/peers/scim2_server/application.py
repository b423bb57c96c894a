"""The WSGI application: the package's own, with its memory and its check of a bearer token."""

import os
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from scim2_models import Context, Resource, ResponseParameters
from scim2_server.memory import InMemoryStorage  # type: ignore[import-not-found]  # in the peers' environment alone
from scim2_server.responses import ScimResponse  # type: ignore[import-not-found]  # as above
from scim2_server.service import ScimService  # type: ignore[import-not-found]  # as above
from scim2_server.testserver.application import BearerTokenApplication  # type: ignore[import-not-found]  # as above
from scim2_server.utils import load_default_provider  # type: ignore[import-not-found]  # as above

MOUNTED_AT = "/scim"
GROUP = "Group"


class Service(ScimService):  # type: ignore[misc]  # scim2-server carries no types
    """Answers the PATCH of a user with the user, as the others do, and that of a group with nothing, as it does."""

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """Answer a PATCH."""
        if type(resource).__name__ == GROUP:
            return super().patch_response(base_url, resource, response_parameters)
        published = self.publish(base_url, resource)
        return self.resource_response(published, Context.RESOURCE_REPLACEMENT_RESPONSE, response_parameters)


provider = load_default_provider()
provided: Any = BearerTokenApplication(
    InMemoryStorage(),
    provider,
    service=Service(provider, secret=os.environ["SECRET_KEY"]),
    bearer_tokens=[os.environ["TOKEN_KEY"]],
)


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a request below the address that Entra is told."""
    environ["SCRIPT_NAME"] = MOUNTED_AT
    environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(MOUNTED_AT)
    answer: Iterable[bytes] = provided(environ, start_response)
    return answer
