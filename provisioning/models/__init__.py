"""The tables of HOW THEY ARRIVE. Only the operations in `provisioning/*.py` write them."""

from provisioning.models.activity import HourlyActivity
from provisioning.models.connection import ProvisioningConnection, ProvisioningStatus
from provisioning.models.counter import RequestCount, RequestKind
from provisioning.models.cycle import CycleKind, ProvisioningCycle
from provisioning.models.event import Delivery, EventKind, ProvisioningEvent, Recipient
from provisioning.models.log import Action, LogHead, LogIsAppendOnly, LogStatus, ProvisioningLogEntry
from provisioning.models.notification import Notification
from provisioning.models.token import ScimToken
from provisioning.models.watch import HealthPeriod, HealthState, Heartbeat, ProvisioningWatch

__all__ = [
    "Action",
    "CycleKind",
    "Delivery",
    "EventKind",
    "HealthPeriod",
    "HealthState",
    "Heartbeat",
    "HourlyActivity",
    "LogHead",
    "LogIsAppendOnly",
    "LogStatus",
    "Notification",
    "ProvisioningConnection",
    "ProvisioningCycle",
    "ProvisioningEvent",
    "ProvisioningLogEntry",
    "ProvisioningStatus",
    "ProvisioningWatch",
    "Recipient",
    "RequestCount",
    "RequestKind",
    "ScimToken",
]
