"""The floor: the barest Django views that do a SCIM request's work, started as HootProv's web server is.

`python -m bench.floor` takes granian's options. Same settings, tables, indexes, keys and handler without
middleware; what its views leave out is in `bench/floor_views.py`. As HootProv does, it asks no connection that is in use whether it is alive.
"""

from django.db import connections

from hootprov import server
from hootprov.wsgi import Request, ScimHandler


class FloorRequest(Request):
    """A request that the floor's views answer, whatever the settings say."""

    urlconf = "bench.floor_views"


class Floor(ScimHandler):
    """HootProv's handler without middleware."""

    request_class = FloorRequest


connections["default"].settings_dict["CONN_HEALTH_CHECKS"] = False
application = Floor()

if __name__ == "__main__":
    server.APPLICATION = "bench.floor:application"
    server.main()
