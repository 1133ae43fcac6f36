"""Issuing a run without letters: numbers given, levels raised, debtors refreshed."""

from .ledger import DAY
from .measure import peak_memory, stopwatch


def measure(env, items, debtors):
    """Issue all notices of a run, batch by batch with a commit after each.

    :return: seconds and the number of queries of each whole batch.
    """
    run = env["account.dunning.run"].create({"date": DAY})
    run.action_propose()
    run.action_approve()
    env.cr.commit()  # as when a person approves and another request issues
    queries, seconds = [], []
    with _count_queries(type(run), queries), stopwatch(seconds):
        run.action_issue()
        env.cr.commit()
    return {
        "notices": run.issued_count,
        "items": items,
        "debtors": debtors,
        "seconds": seconds[0],
        # the last batch is not a whole one, and the first makes the number sequence
        "queries": sorted(queries[1:-1]),
        "memory": peak_memory(),
    }


class _count_queries:
    """Count the queries of each batch while the block runs."""

    def __init__(self, model, queries):
        self.model = model
        self.queries = queries

    def __enter__(self):
        original = self.original = self.model._issue_batch
        queries = self.queries

        def counted(run, *args, **kwargs):
            before = run.env.cr.sql_log_count
            done = original(run, *args, **kwargs)
            run.env.flush_all()
            if done:
                queries.append(run.env.cr.sql_log_count - before)
            return done

        self.model._issue_batch = counted

    def __exit__(self, *_error):
        self.model._issue_batch = self.original
