"""`manage.py prune_provisioning_logs`: delete now what the worker deletes four times a day."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import clock
from provisioning import retention


class Command(BaseCommand):
    """Deletes what is kept no longer, and says how much it was."""

    help = "Delete log entries, tombstones and other rows that are past their time."
    requires_system_checks = ()  # they load every page

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete, and print a line for each sort of row."""
        for name, count in sorted(retention.delete_expired(now=clock.now()).items()):
            self.stdout.write(f"{count:>8}  {name}")
