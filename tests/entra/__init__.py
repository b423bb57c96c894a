"""Microsoft Entra ID, played by ourselves."""
