"""The consoles' frame: their sites, doors, and what every page has in common.

Nothing here knows of provisioning: the pages stand in `provisioning/admin/` and are added to the sites
from there.
"""
