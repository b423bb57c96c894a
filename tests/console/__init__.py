"""The staff console, through Django's test client."""
