"""Measurements: `make bench`. Nothing here is part of the product or of its suite."""
