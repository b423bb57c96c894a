"""Tests of what is told by mail; a file is a behaviour."""
