"""The console's frame: its sites, sign-in, and the pages about organizations and people."""
