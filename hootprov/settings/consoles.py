"""What unfold shows around the pages of the two consoles. It calls what a dotted path names with the request."""

from typing import Any

from django.urls import reverse_lazy

ALL = "accounts.admin.access.may_view"
PERMISSIONS = {"accounts_operator_changelist": "provisioning.admin.people.may_open"}


def menu(console: str, title: str, items: list[tuple[str, str, str]]) -> dict[str, object]:
    """Return a part of a console's menu; each item is its title, icon and page."""
    return {
        "title": title,
        "separator": True,
        "items": [
            {
                "title": item,
                "icon": icon,
                "link": reverse_lazy(f"{console}:{page}"),
                "permission": PERMISSIONS.get(page, ALL),
            }
            for item, icon, page in items
        ],
    }


SHARED: dict[str, Any] = {
    "SITE_TITLE": "HootProv",
    "SITE_HEADER": "HootProv",
    "SITE_SYMBOL": "sync_alt",
    "SITE_URL": None,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "accounts.admin.sites.favicon"}],
    "SHOW_HISTORY": False,
    "STYLES": ["accounts.admin.sites.stylesheet"],
    "SCRIPTS": ["accounts.admin.sites.script"],
    "COLORS": {
        "primary": {
            "50": "#eff8fe",
            "100": "#d9effc",
            "200": "#b5e0f9",
            "300": "#84cbf4",
            "400": "#5bb8f0",
            "500": "#3aa5e4",
            "600": "#006fad",
            "700": "#00598b",
            "800": "#004a73",
            "900": "#003a5b",
            "950": "#00263c",
        },
    },
}

STAFF: dict[str, Any] = SHARED | {
    "SITE_SUBHEADER": "Staff console",
    "DASHBOARD_CALLBACK": "provisioning.admin.overview.overview",
    "SIDEBAR": {
        "command_search": True,
        "navigation": [
            menu(
                "admin",
                "Operate",
                [
                    ("Overview", "dashboard", "index"),
                    ("Organizations", "apartment", "accounts_organization_changelist"),
                    ("Tokens", "key", "provisioning_scimtoken_changelist"),
                    ("Provisioning log", "receipt_long", "provisioning_provisioninglogentry_changelist"),
                    ("Cycles", "autorenew", "provisioning_provisioningcycle_changelist"),
                    ("Notifications", "mail", "provisioning_notification_changelist"),
                ],
            ),
            menu(
                "admin",
                "Directory",
                [
                    ("Members", "group", "accounts_member_changelist"),
                    ("Teams", "groups", "accounts_team_changelist"),
                ],
            ),
            menu(
                "admin",
                "Access",
                [
                    ("People", "badge", "accounts_operator_changelist"),
                    ("API keys", "key", "provisioning_apikey_changelist"),
                    ("Webhooks", "webhook", "provisioning_webhookendpoint_changelist"),
                    ("History", "history", "provisioning_auditevent_changelist"),
                ],
            ),
        ],
    },
}

ORGANIZATION: dict[str, Any] = SHARED | {
    "SITE_SUBHEADER": "accounts.admin.sites.organization_name",
    "DASHBOARD_CALLBACK": "provisioning.admin.status.status",
    "SIDEBAR": {
        "command_search": True,
        "navigation": [
            menu(
                "console",
                "Provisioning",
                [
                    ("Status", "monitor_heart", "index"),
                    ("Provisioning log", "receipt_long", "provisioning_provisioninglogentry_changelist"),
                    ("Cycles", "autorenew", "provisioning_provisioningcycle_changelist"),
                    ("Tokens", "key", "provisioning_scimtoken_changelist"),
                    ("Set-up guide", "menu_book", "guide"),
                ],
            ),
            menu(
                "console",
                "Directory",
                [
                    ("Members", "group", "accounts_member_changelist"),
                    ("Teams", "groups", "accounts_team_changelist"),
                ],
            ),
            menu(
                "console",
                "Access",
                [
                    ("Notifications", "mail", "notifications"),
                    ("People", "badge", "accounts_operator_changelist"),
                    ("API keys", "key", "provisioning_apikey_changelist"),
                    ("Webhooks", "webhook", "provisioning_webhookendpoint_changelist"),
                    ("History", "history", "provisioning_auditevent_changelist"),
                ],
            ),
        ],
    },
}
