"""The floor: the barest Django views that do a SCIM request's work, started as HootProv's web server is.

`python -m bench.floor` takes granian's options. Same settings, tables, indexes, keys and handler without
middleware; what its views leave out is in `bench/floor_views.py`.
"""

from hootprov import server
from hootprov.wsgi import Request, ScimHandler


class FloorRequest(Request):
    """A request that the floor's views answer, whatever the settings say."""

    urlconf = "bench.floor_views"


class Floor(ScimHandler):
    """HootProv's handler without middleware."""

    request_class = FloorRequest


application = Floor()

if __name__ == "__main__":
    server.APPLICATION = "bench.floor:application"
    server.main()
