"""What django-scim2 gets wrong and this service does not; the table of it is in `test_table.py`."""
