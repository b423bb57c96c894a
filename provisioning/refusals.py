"""What it means when a mail can't be handed over: of the server, of the mail for now, or of it for good.

It knows what smtplib and django-anymail raise, and no rows. Source: RFC 5321 §4.2.1 (5xx: do not repeat
the same), §3.8 (421: the server closes the connection); RFC 3463 §3 (enhanced codes).
"""

import re
from contextlib import suppress
from http.client import INTERNAL_SERVER_ERROR, TOO_MANY_REQUESTS
from smtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

FIRST_FINAL_CODE = 500
# An address that is wrong, has moved or takes no mails, and a content that is refused. The rest of 5.x.x may be
# about us: relaying, signing in, a limit, a sender that nobody has verified.
FINAL = re.compile(r"5\.(1\.(1|2|3|6|10)|2\.1|6\.\d+)")
FINAL_FOR_RECIPIENT = frozenset({550, 551, 553})  # where nothing finer is said
ENHANCED = re.compile(r"(?:^|#)([245]\.\d{1,3}\.\d{1,3})(?![.\d])")
CLOSING = 421
REJECTED_BY_PROVIDER: tuple[type[Exception], ...] = ()
with suppress(ImportError):  # an extra: requirements-anymail.txt
    from anymail.exceptions import AnymailRecipientsRefused

    REJECTED_BY_PROVIDER = (AnymailRecipientsRefused,)


def is_server_gone(error: Exception) -> bool:
    """Whether the mail server or the provider is away or overloaded; then it was not about the mail."""
    response = getattr(error, "response", None)  # of a provider's web API
    if response is not None:
        status: int = response.status_code
        return status == TOO_MANY_REQUESTS or status >= INTERNAL_SERVER_ERROR
    return isinstance(error, OSError) and not isinstance(error, SMTPException | TimeoutError)


def is_final(error: Exception) -> bool:
    """Whether the recipient or the mail was refused for good.

    What is refused because of us is ours to mend, and so is tried again: else one wrong setting of ours would
    give up all mails.
    """
    if isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        plain = FINAL_FOR_RECIPIENT if isinstance(error, SMTPRecipientsRefused) else frozenset[int]()
        return all(is_for_good(code, words, plain=plain) for code, words in answers(error))
    return isinstance(error, REJECTED_BY_PROVIDER)


def is_for_good(code: int, words: str, *, plain: frozenset[int]) -> bool:
    """Whether an answer is about the recipient or the content, by its enhanced code, or else by its plain one."""
    enhanced = ENHANCED.search(words)
    if enhanced is not None:
        return code >= FIRST_FINAL_CODE and FINAL.fullmatch(enhanced[1]) is not None
    return code in plain and "relay" not in words.lower()


def breaks_connection(error: Exception) -> bool:
    """Whether the connection is of no use for the next mail."""
    is_closing = any(code == CLOSING for code, _ in answers(error))
    return is_closing or isinstance(error, SMTPServerDisconnected | TimeoutError)


def described(error: Exception) -> str:
    """Return an error as the console shows it: the server's own words, where it said any."""
    said = "; ".join(f"{code} {words}" for code, words in answers(error))
    return f"{type(error).__name__}: {said or error}"


def answers(error: Exception) -> list[tuple[int, str]]:
    """Return what a mail server answered, as (code, words)."""
    found: list[tuple[int, bytes | str]] = []
    if isinstance(error, SMTPRecipientsRefused):
        found = list(error.recipients.values())
    elif isinstance(error, SMTPResponseException):
        found = [(error.smtp_code, error.smtp_error)]
    return [
        (code, words.decode(errors="replace") if isinstance(words, bytes) else words) for code, words in found
    ]
