"""Runs SQL statements, each on its own, and prints the rows of the last as JSON."""

import json
import sys

import psycopg2


def main():
    order = json.load(sys.stdin)
    connection = {key: value for key, value in order["connection"].items() if value}
    database = psycopg2.connect(dbname=order["database"], **connection)
    database.autocommit = True  # databases cannot be made within a transaction
    rows = []
    with database.cursor() as cursor:
        for statement in order["statements"]:
            cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
