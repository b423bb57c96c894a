"""The tables of HOW THEY ARRIVE. Only the operations in `provisioning/*.py` write them."""

from provisioning.models.connection import ProvisioningConnection, ProvisioningStatus
from provisioning.models.counter import RequestCount, RequestKind
from provisioning.models.cycle import CycleKind, ProvisioningCycle
from provisioning.models.log import Action, LogHead, LogIsAppendOnly, LogStatus, ProvisioningLogEntry
from provisioning.models.notification import Notification
from provisioning.models.token import ScimToken

__all__ = [
    "Action",
    "CycleKind",
    "LogHead",
    "LogIsAppendOnly",
    "LogStatus",
    "Notification",
    "ProvisioningConnection",
    "ProvisioningCycle",
    "ProvisioningLogEntry",
    "ProvisioningStatus",
    "RequestCount",
    "RequestKind",
    "ScimToken",
]
