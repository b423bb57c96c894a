"""The management commands, one a module."""
