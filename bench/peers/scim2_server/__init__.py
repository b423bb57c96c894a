"""python-scim's scim2-server 0.8, which keeps everything in memory: one process, and nothing left after it.

It has one lock, no tenancy and no log; it bounds what can be reached without a database rather than compares.
"""
