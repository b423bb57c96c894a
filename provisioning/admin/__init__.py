"""The console pages about tokens, the log and the provisioning status."""
