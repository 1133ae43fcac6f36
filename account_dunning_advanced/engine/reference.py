"""How numbers and references are compared with what a bank says of a transfer.

Customers and banks write them in their own way: only letters and digits count, large
or small. An index holds what is compared, so that it is found and not looked for.
"""

from odoo.tools import SQL

#: Of a column; what is compared, as SQL.
_BARE = "regexp_replace(upper({}), '[^[:alnum:]]+', '', 'g')"


def bare(column: SQL) -> SQL:
    """Text SQL: letters and digits of a column, in capitals.

    >>> bare(SQL.identifier("move", "name")).code
    'regexp_replace(upper("move"."name"), \'[^[:alnum:]]+\', \'\', \'g\')'
    """
    return SQL(_BARE.format("%s"), column)


def index_definition(column: str, condition: str) -> str:
    """Definition of an index that finds rows by a column's bare text.

    >>> index_definition("name", "state = 'posted'")
    "(regexp_replace(upper(name), '[^[:alnum:]]+', '', 'g')) WHERE state = 'posted'"
    """
    return f"({_BARE.format(column)}) WHERE {condition}"
