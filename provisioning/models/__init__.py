"""The tables of HOW THEY ARRIVE. Only the operations in `provisioning/*.py` write them."""

from provisioning.models.activity import HourlyActivity
from provisioning.models.api_key import ApiKey, Scope
from provisioning.models.connection import ProvisioningConnection, ProvisioningStatus
from provisioning.models.counter import RequestCount, RequestKind
from provisioning.models.cycle import CycleKind, ProvisioningCycle
from provisioning.models.event import Delivery, DigestLine, EventKind, ProvisioningEvent, Recipient
from provisioning.models.forgotten import ForgottenPassword
from provisioning.models.history import AuditEvent, AuditKind, HistoryIsAppendOnly
from provisioning.models.log import (
    IS_REFUSAL,
    Action,
    LogHead,
    LogIsAppendOnly,
    LogStatus,
    ProvisioningLogEntry,
)
from provisioning.models.notification import Notification
from provisioning.models.token import ScimToken
from provisioning.models.watch import HealthPeriod, HealthState, Heartbeat, ProvisioningWatch
from provisioning.models.webhook import WebhookDelivery, WebhookEndpoint, WebhookKind

__all__ = [
    "IS_REFUSAL",
    "Action",
    "ApiKey",
    "AuditEvent",
    "AuditKind",
    "CycleKind",
    "Delivery",
    "DigestLine",
    "EventKind",
    "ForgottenPassword",
    "HealthPeriod",
    "HealthState",
    "Heartbeat",
    "HistoryIsAppendOnly",
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
    "Scope",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookKind",
]
