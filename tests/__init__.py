"""The suite. A file is a behaviour, a function completes a sentence."""
