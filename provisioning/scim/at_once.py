"""A change of one user as one statement: the token asked about again, the user written, the entry logged, or nothing of it.

Step by step these are five questions (BEGIN, the token, the user, the entry, COMMIT), and whoever asks is woken after each,
which on a busy machine is most of what a change takes. Only PostgreSQL has a WITH that writes.
"""

from contextlib import nullcontext

from django.db import DatabaseError, connection, transaction

from accounts.compiled import Statement, asked, insertion
from accounts.errors import ChangedMeanwhile
from provisioning import logs, token_states
from provisioning.scim.exchange import Exchange

IF_OPEN, IF_WRITTEN = "EXISTS (SELECT FROM open)", "EXISTS (SELECT FROM written)"


def write(exchange: Exchange, statement: Statement, *others: Statement) -> None:
    """Run a statement that writes one row IF_OPEN, and with it others, and write the entry, all of them IF_WRITTEN.

    Raises: ChangedMeanwhile when PostgreSQL has written neither: what was in the way is heard by whoever asks step by
    step. DatabaseError when it can't be known.
    """
    token = token_states.opening(exchange.known_token.token_id, now=exchange.now)
    entry = insertion(logs.entry_of(exchange.logged(), exchange.outcome), provided=IF_WRITTEN)
    also = "".join(f", also_{number} AS ({other.sql})" for number, other in enumerate(others))
    sql = f"WITH open AS ({token.sql}), written AS ({statement.sql} RETURNING 1){also} {entry.sql}"
    values = [value for each in (token, statement, *others, entry) for value in each.values]
    try:
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            _, count = asked(sql, values)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) is None:
            raise
        raise ChangedMeanwhile from error
    if count != 1:
        raise ChangedMeanwhile
