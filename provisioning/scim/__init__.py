"""The SCIM 2.0 service: the only room that says User and Group, and that knows django-scim2.

A request passes authentication → engine → views → adapters; see the docstrings there.
"""
