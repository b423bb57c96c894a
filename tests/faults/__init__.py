"""Tests of one room; a file is a behaviour."""
