"""The shape of an entry of the log, for its description: it is made by `provisioning.exports.summary_of`."""

from rest_framework import serializers

from provisioning.api.words import Moment, Shape
from provisioning.models import Action, LogStatus


class InitiatorShape(Shape):
    """Who caused it: Entra, or a person by hand."""

    display_name = serializers.CharField()
    initiator_type = serializers.ChoiceField(choices=["application", "user"])


class SystemShape(Shape):
    """One of the two sides."""

    display_name = serializers.CharField()


class SourceShape(Shape):
    """The object in Entra."""

    id = serializers.CharField(allow_null=True, help_text="Its externalId.")
    identity_type = serializers.CharField(allow_null=True, help_text="User or Group.")


class TargetShape(Shape):
    """The member or team here."""

    id = serializers.UUIDField(allow_null=True)
    display_name = serializers.CharField(allow_null=True, help_text="Its userName or displayName.")
    identity_type = serializers.CharField(allow_null=True, help_text="User or Group.")


class ErrorShape(Shape):
    """Why it was refused, and what to do."""

    error_code = serializers.CharField()
    reason = serializers.CharField()
    recommended_action = serializers.CharField(allow_null=True)


class StatusInfoShape(Shape):
    """How it ended."""

    status = serializers.ChoiceField(choices=LogStatus.choices)
    error_information = ErrorShape(allow_null=True)


class PropertyShape(Shape):
    """One attribute, as it was and as it is; null where it was or is absent."""

    display_name = serializers.CharField()
    old_value = serializers.JSONField(allow_null=True)
    new_value = serializers.JSONField(allow_null=True)


class EntryShape(Shape):
    """An entry of the provisioning log, in the names of Microsoft Graph's provisioningObjectSummary."""

    id = serializers.UUIDField(help_text="The id of the request. It begins with its time (a UUIDv7).")
    position = serializers.IntegerField(
        allow_null=True, help_text="Its place in the organization's log, without a gap; null for a second."
    )
    activity_date_time = Moment()
    organization = serializers.CharField(help_text="The organization's slug.")
    provisioning_action = serializers.ChoiceField(choices=Action.choices)
    duration_in_milliseconds = serializers.IntegerField()
    initiated_by = InitiatorShape()
    source_system = SystemShape()
    target_system = SystemShape()
    source_identity = SourceShape()
    target_identity = TargetShape()
    provisioning_status_info = StatusInfoShape()
    modified_properties = PropertyShape(many=True)
    http_status = serializers.IntegerField()
    scim_type = serializers.CharField(allow_null=True)
    method = serializers.CharField(allow_null=True, help_text="Null for what a person did by hand.")
    path = serializers.CharField(allow_null=True)
    ip_address = serializers.CharField(allow_null=True)
    token = serializers.CharField(allow_null=True, help_text="The label of the SCIM token.")
