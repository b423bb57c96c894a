"""Who may ask a Django peer: a bearer token whose keyed hash is looked up at each request."""
