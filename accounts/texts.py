"""What a person may type into one line of ours: names, labels, reasons."""

from accounts.errors import InvalidValue


def check_line(what: str, text: str, *, longest: int) -> None:
    """Check one line of text. Raises: InvalidValue when it is empty, too long, or more than a line."""
    if not text.strip():
        message = f"The {what} is missing."
        raise InvalidValue(message)
    if len(text) > longest:
        message = f"The {what} is longer than {longest} characters."
        raise InvalidValue(message)
    if not text.isprintable():
        message = f"The {what} holds a line break or another character that can't be seen."
        raise InvalidValue(message)
