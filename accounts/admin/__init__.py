"""The console's frame: its sites, sign-in, what every page has in common, and the list of operators.

Nothing here knows of provisioning: its pages stand in `provisioning/admin/` and are added to the sites
from there.
"""

from accounts.admin import operators

__all__ = ["operators"]
