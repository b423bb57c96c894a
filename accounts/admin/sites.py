"""The consoles. Each is an AdminSite of its own, so that what is not registered there does not exist."""

from unfold.sites import UnfoldAdminSite


class StaffSite(UnfoldAdminSite):
    """`/admin/`: Hootsuite's own people, every organization."""


staff_site = StaffSite(name="admin")
