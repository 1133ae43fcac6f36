"""What must hold in the database at every moment, whoever was killed when.

Each rule is a select of what breaks it. All are read in one snapshot, on a connection
of our own that knows nothing of Odoo.
"""

# What a worker's own transaction saw of the ledger when it issued. The triggers fire
# within it: on the lines with what its snapshot says, on the items with the row as it
# really is, for an update never meets another version than the newest.
AUDIT = """
CREATE TABLE crash_origin AS
    SELECT id, dunning_level_id, dunning_date FROM account_move_line;
CREATE TABLE crash_plan (
    run_id int, move_line_id int, level_id int, amount numeric,
    UNIQUE (run_id, move_line_id));
CREATE TABLE crash_issued_line (
    tx bigint, run_id int, notice_id int, move_line_id int, asked numeric,
    owed numeric, state varchar, reconciled bool, no_followup bool,
    at timestamptz, live_owed numeric, live_state varchar);
CREATE INDEX ON crash_issued_line (move_line_id);
CREATE TABLE crash_issued_notice (
    tx bigint, notice_id int, asked numeric, owed numeric);

CREATE FUNCTION crash_keep_plan() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM crash_plan WHERE run_id = NEW.id;
    INSERT INTO crash_plan
    SELECT run_id, move_line_id, level_id, amount_dunned
      FROM account_dunning_notice_line WHERE run_id = NEW.id AND state = 'draft';
    RETURN NULL; END $$;
CREATE TRIGGER crash AFTER UPDATE OF state ON account_dunning_run FOR EACH ROW
    WHEN (NEW.state = 'approved' AND OLD.state = 'proposed')
    EXECUTE FUNCTION crash_keep_plan();

CREATE FUNCTION crash_see_line() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO crash_issued_line
    SELECT txid_current(), NEW.run_id, NEW.notice_id, NEW.move_line_id,
           NEW.amount_dunned, amount_residual_currency, parent_state, reconciled,
           no_followup, CLOCK_TIMESTAMP()
      FROM account_move_line WHERE id = NEW.move_line_id;
    RETURN NULL; END $$;
CREATE TRIGGER crash AFTER UPDATE OF state ON account_dunning_notice_line FOR EACH ROW
    WHEN (NEW.state = 'issued' AND OLD.state = 'draft')
    EXECUTE FUNCTION crash_see_line();

CREATE FUNCTION crash_see_item() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    UPDATE crash_issued_line
       SET live_owed = OLD.amount_residual_currency, live_state = OLD.parent_state
     WHERE move_line_id = NEW.id AND tx = txid_current();
    RETURN NULL; END $$;
CREATE TRIGGER crash AFTER UPDATE OF dunning_level_id ON account_move_line
    FOR EACH ROW EXECUTE FUNCTION crash_see_item();

CREATE TABLE crash_stopped (move_line_id int, at timestamptz);
CREATE INDEX ON crash_stopped (move_line_id);
-- deferred: what counts is when the other user's transaction ends
CREATE FUNCTION crash_see_hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO crash_stopped
    SELECT item.id, CLOCK_TIMESTAMP() FROM account_move_line item
      JOIN res_partner partner ON partner.id = item.partner_id
     WHERE item.id = NEW.move_line_id
        OR partner.commercial_partner_id = NEW.partner_id;
    RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER crash AFTER INSERT ON account_dunning_hold
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crash_see_hold();

CREATE FUNCTION crash_see_dispute() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO crash_stopped
    SELECT id, CLOCK_TIMESTAMP() FROM account_move_line
     WHERE id = NEW.move_line_id AND NEW.amount >= amount_residual_currency;
    RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER crash AFTER INSERT ON account_dunning_dispute_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crash_see_dispute();

CREATE FUNCTION crash_see_promise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO crash_stopped
    SELECT move_line_id, CLOCK_TIMESTAMP() FROM account_dunning_promise_item
     WHERE promise_id = NEW.id AND NEW.state = 'active';
    RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER crash AFTER UPDATE OF state ON account_dunning_promise
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION crash_see_promise();

CREATE FUNCTION crash_see_notice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO crash_issued_notice
    -- its own charges are billed a moment later
    SELECT txid_current(), NEW.id,
           NEW.amount_total - NEW.amount_interest - NEW.amount_fee,
           SUM(amount_residual_currency)
      FROM account_move_line item
      JOIN account_account account ON account.id = item.account_id
      JOIN res_partner partner ON partner.id = item.partner_id
     WHERE partner.commercial_partner_id = NEW.partner_id
       AND item.currency_id = NEW.currency_id AND item.company_id = NEW.company_id
       AND account.account_type = 'asset_receivable'
       AND item.parent_state = 'posted' AND item.reconciled IS NOT TRUE;
    RETURN NULL; END $$;
CREATE TRIGGER crash AFTER UPDATE OF state ON account_dunning_notice FOR EACH ROW
    WHEN (NEW.state = 'issued' AND OLD.state = 'draft')
    EXECUTE FUNCTION crash_see_notice();
"""

RULES = {
    "a level given twice": """
        SELECT move_line_id, level_id, cycle FROM account_dunning_notice_line
         WHERE state = 'issued' AND is_charge IS NOT TRUE
         GROUP BY 1, 2, 3 HAVING COUNT(*) > 1""",
    "an item twice in one run": """
        SELECT run_id, move_line_id FROM account_dunning_notice_line
         GROUP BY 1, 2 HAVING COUNT(*) > 1""",
    "a customer told twice in one run": """
        SELECT run_id, partner_id, currency_id FROM account_dunning_notice
         GROUP BY 1, 2, 3 HAVING COUNT(*) > 1""",
    "a number given twice": """
        SELECT company_id, name FROM account_dunning_notice
         WHERE name IS NOT NULL GROUP BY 1, 2 HAVING COUNT(*) > 1""",
    "an issued notice without number, or a draft with one": """
        SELECT id, state, name FROM account_dunning_notice
         WHERE (state IN ('issued', 'reversed')) != (name IS NOT NULL)""",
    "a notice half issued": """
        SELECT notice.id, notice.state, line.id, line.state
          FROM account_dunning_notice notice
          JOIN account_dunning_notice_line line ON line.notice_id = notice.id
         WHERE line.state != notice.state AND line.state != 'dropped'""",
    "a notice about nothing": """
        SELECT id, state FROM account_dunning_notice notice
         WHERE state != 'cancelled' AND NOT EXISTS (
             SELECT FROM account_dunning_notice_line line
              WHERE line.notice_id = notice.id AND line.state != 'dropped')""",
    "a notice whose total is not that of its lines": """
        SELECT notice.id, amount_total, total FROM account_dunning_notice notice
          JOIN (SELECT notice_id,
                       SUM(amount_dunned + amount_interest + amount_fee) AS total
                  FROM account_dunning_notice_line WHERE state != 'dropped'
                 GROUP BY 1) line ON line.notice_id = notice.id
         WHERE amount_total != total""",
    "a line left out without a word": """
        SELECT line.id FROM account_dunning_notice_line line
          JOIN account_dunning_run run ON run.id = line.run_id
         WHERE line.state = 'dropped' AND NOT run.cancel_requested IS TRUE
           AND NOT EXISTS (
             SELECT FROM account_dunning_run_change change
              WHERE change.notice_id = line.notice_id AND kind = 'dropped'
                AND change.move_line_id = line.move_line_id)""",
    "a planned line that is lost": """
        SELECT plan.run_id, plan.move_line_id FROM crash_plan plan
          LEFT JOIN account_dunning_notice_line line USING (run_id, move_line_id)
         WHERE line.id IS NULL OR line.level_id != plan.level_id
            OR line.amount_dunned > plan.amount""",
    "a line that was not in the plan": """
        SELECT line.id FROM account_dunning_notice_line line
          LEFT JOIN crash_plan plan USING (run_id, move_line_id)
         WHERE line.state IN ('issued', 'reversed') AND plan.run_id IS NULL""",
    "an item whose level is not the one it was given last": """
        SELECT item.id, item.dunning_level_id, item.dunning_date, last.*
          FROM account_move_line item
          JOIN crash_origin origin ON origin.id = item.id
          LEFT JOIN (
              SELECT DISTINCT ON (move_line_id) move_line_id, line.level_id,
                     notice.date
                FROM account_dunning_notice_line line
                JOIN account_dunning_notice notice ON notice.id = line.notice_id
               WHERE line.state = 'issued' AND line.is_charge IS NOT TRUE
               ORDER BY move_line_id, notice.date DESC, line.id DESC
          ) last ON last.move_line_id = item.id
         WHERE (item.dunning_level_id, item.dunning_date) IS DISTINCT FROM
               (COALESCE(last.level_id, origin.dunning_level_id),
                COALESCE(last.date, origin.dunning_date))""",
    "an invoice whose last notice is not that of its items": """
        SELECT move.id, move.dunning_date, MAX(item.dunning_date)
          FROM account_move move JOIN account_move_line item ON item.move_id = move.id
         GROUP BY move.id
        HAVING move.dunning_date IS DISTINCT FROM MAX(item.dunning_date)""",
    "a debtor who does not know of the last notice": """
        SELECT debtor.partner_id, debtor.dunning_date, told.date
          FROM account_dunning_debtor debtor
          LEFT JOIN (SELECT partner_id, company_id, MAX(date) AS date
                       FROM account_dunning_notice WHERE state = 'issued'
                      GROUP BY 1, 2) told USING (partner_id, company_id)
         WHERE debtor.dunning_date IS DISTINCT FROM told.date""",
    "a customer who does not stand where the debtor stands": """
        SELECT partner.id FROM res_partner partner
          JOIN account_dunning_debtor debtor ON debtor.partner_id = partner.id
         WHERE (partner.dunning_level_id ->> debtor.company_id::text)::int4
               IS DISTINCT FROM debtor.level_id""",
    "a proposal half made": """
        SELECT run.id, run.state FROM account_dunning_run run
         WHERE run.state IN ('draft', 'proposed')
           AND (SELECT COUNT(*) FROM account_dunning_verdict verdict
                 WHERE verdict.run_id = run.id AND reason = 'dun') !=
               (SELECT COUNT(*) FROM account_dunning_notice_line line
                 WHERE line.run_id = run.id AND is_charge IS NOT TRUE)
            OR run.state = 'draft' AND EXISTS (
                SELECT FROM account_dunning_verdict WHERE run_id = run.id)""",
    "a run closed with notices that wait": """
        SELECT run.id FROM account_dunning_run run
          JOIN account_dunning_notice notice ON notice.run_id = run.id
         WHERE run.state NOT IN ('draft', 'proposed', 'approved')
           AND notice.state = 'draft'""",
    "an issue that the audit did not see": """
        SELECT line.id FROM account_dunning_notice_line line
          LEFT JOIN crash_issued_line seen USING (notice_id, move_line_id)
         WHERE line.state IN ('issued', 'reversed') AND seen.live_state IS NULL
           AND line.is_charge IS NOT TRUE""",
    "asked for what was not owed when it was issued": """
        SELECT * FROM crash_issued_line
         WHERE asked <= 0 OR asked > owed OR asked > live_owed OR reconciled
            OR state != 'posted' OR live_state != 'posted' OR no_followup""",
    "asked a customer for more than owed in all": """
        SELECT * FROM crash_issued_notice WHERE asked > owed""",
    "asked for what had been put on hold, disputed or promised before": """
        SELECT seen.* FROM crash_issued_line seen
          JOIN crash_stopped stopped USING (move_line_id)
         WHERE stopped.at < seen.at""",
    "a notice billed twice": """
        SELECT dunning_notice_id FROM account_move
         WHERE dunning_notice_id IS NOT NULL AND move_type = 'out_invoice'
         GROUP BY 1 HAVING COUNT(*) > 1""",
    "a bill that is not posted, or of a notice that is not issued": """
        SELECT bill.id, bill.state, notice.state FROM account_move bill
          JOIN account_dunning_notice notice ON notice.id = bill.dunning_notice_id
         WHERE bill.state != 'posted' OR notice.state NOT IN ('issued', 'reversed')""",
    "a bill that is not what its notice charges": """
        SELECT notice.id, charged.amount, bill.amount_total
          FROM account_dunning_notice notice
          JOIN (SELECT notice_id, SUM(amount) AS amount
                  FROM account_dunning_notice_charge WHERE state = 'posted'
                 GROUP BY 1) charged ON charged.notice_id = notice.id
          LEFT JOIN account_move bill ON bill.id = notice.charge_move_id
         WHERE notice.state = 'issued'
           AND (bill.amount_total IS DISTINCT FROM charged.amount
                OR charged.amount != notice.amount_interest + notice.amount_fee)""",
    "a charge announced and not billed": """
        SELECT charge.id FROM account_dunning_notice_charge charge
          JOIN account_dunning_notice_line line ON line.id = notice_line_id
         WHERE charge.state = 'draft' AND line.state = 'issued'""",
    "an item that does not know until when it was charged": """
        SELECT item.id FROM account_move_line item
          JOIN (SELECT move_line_id, MAX(date_to) AS day
                  FROM account_dunning_notice_charge
                 WHERE kind = 'interest' AND state = 'posted'
                 GROUP BY 1) charged ON charged.move_line_id = item.id
         WHERE item.dunning_interest_date IS DISTINCT FROM charged.day""",
    "interest on one day of an item twice": """
        SELECT one.id, two.id FROM account_dunning_notice_charge one
          JOIN account_dunning_notice_charge two
            ON two.move_line_id = one.move_line_id AND two.id > one.id
         WHERE one.kind = 'interest' AND two.kind = 'interest'
           AND one.state = 'posted' AND two.state = 'posted'
           AND one.date_from <= two.date_to AND two.date_from <= one.date_to""",
    "a notice delivered twice": """
        SELECT res_id FROM mail_message
         WHERE model = 'account.dunning.notice' AND message_type = 'email_outgoing'
         GROUP BY 1 HAVING COUNT(*) > 1""",
    "a notice delivered without its mail, or a mail without delivery": """
        SELECT notice.id, delivery_state, recipient.email_normalized
          FROM account_dunning_notice notice
          JOIN res_partner recipient ON recipient.id = recipient_id
         WHERE notice.state = 'issued' AND (
               delivery_state = 'done' AND email_normalized IS NOT NULL)
               != EXISTS (SELECT FROM mail_message
                           WHERE model = 'account.dunning.notice'
                             AND message_type = 'email_outgoing'
                             AND res_id = notice.id)""",
}
# At the end of a run besides.
FINISHED = {
    "a run that is not issued": """
        SELECT id, state FROM account_dunning_run
         WHERE id = %(run)s AND (state != 'issued' OR issue_finished IS NULL)""",
    "a planned line neither issued nor told": """
        SELECT line.id, line.state FROM account_dunning_notice_line line
         WHERE run_id = %(run)s AND state NOT IN ('issued', 'dropped')""",
}


# What each tampering must be found by: a rule that never bites proves nothing. All on
# the latest line that is issued; they are rolled back.
TAMPERINGS = {
    "a notice half issued": """
        UPDATE account_dunning_notice_line SET state = 'draft' WHERE id = %(line)s""",
    "a notice about nothing": """
        UPDATE account_dunning_notice_line SET state = 'dropped'
         WHERE notice_id = %(notice)s""",
    "a notice whose total is not that of its lines": """
        UPDATE account_dunning_notice SET amount_total = amount_total + 1
         WHERE id = %(notice)s""",
    "an issued notice without number, or a draft with one": """
        UPDATE account_dunning_notice SET name = NULL WHERE id = %(notice)s""",
    "a line left out without a word": """
        UPDATE account_dunning_notice_line SET state = 'dropped'
         WHERE id = %(line)s""",
    "a planned line that is lost": """
        DELETE FROM account_dunning_notice_line WHERE id = %(line)s""",
    "a line that was not in the plan": """
        DELETE FROM crash_plan WHERE move_line_id = %(item)s""",
    "an item whose level is not the one it was given last": """
        UPDATE account_move_line SET dunning_date = dunning_date - 1
         WHERE id = %(item)s""",
    "a debtor who does not know of the last notice": """
        UPDATE account_dunning_debtor SET dunning_date = NULL
         WHERE partner_id = (SELECT partner_id FROM account_dunning_notice
                              WHERE id = %(notice)s)""",
    "a run closed with notices that wait": """
        UPDATE account_dunning_notice SET state = 'draft' WHERE id = %(notice)s""",
    "an issue that the audit did not see": """
        DELETE FROM crash_issued_line WHERE move_line_id = %(item)s""",
    "asked for what was not owed when it was issued": """
        UPDATE crash_issued_line SET live_owed = 0 WHERE move_line_id = %(item)s""",
    "asked a customer for more than owed in all": """
        UPDATE crash_issued_notice SET owed = asked - 1
         WHERE notice_id = %(notice)s""",
    "asked for what had been put on hold, disputed or promised before": """
        INSERT INTO crash_stopped VALUES (%(item)s, '-infinity')""",
    "a customer told twice in one run": """
        UPDATE account_dunning_notice notice
           SET partner_id = other.partner_id, currency_id = other.currency_id
          FROM account_dunning_notice other
         WHERE notice.id = %(notice)s AND other.run_id = notice.run_id
           AND other.id < notice.id""",
    "a level given twice": """
        DROP INDEX account_dunning_notice_line_level_once_a_cycle;
        INSERT INTO account_dunning_notice_line (
            notice_id, currency_id, move_line_id, level_id, cycle, state)
        SELECT notice_id, currency_id, move_line_id, level_id, cycle, state
          FROM account_dunning_notice_line WHERE id = %(line)s""",
    "a number given twice": """
        DROP INDEX account_dunning_notice_name_company_uniq;
        UPDATE account_dunning_notice notice SET name = other.name
          FROM account_dunning_notice other
         WHERE notice.id = %(notice)s AND other.run_id = notice.run_id
           AND other.id < notice.id""",
    "a notice billed twice": """
        UPDATE account_move SET dunning_notice_id = %(notice)s
         WHERE move_type = 'out_invoice'""",
    "a bill that is not posted, or of a notice that is not issued": """
        UPDATE account_dunning_notice SET state = 'draft' WHERE id = %(notice)s""",
    "a bill that is not what its notice charges": """
        UPDATE account_dunning_notice_charge SET amount = amount + 1
         WHERE notice_id = %(notice)s""",
    "a charge announced and not billed": """
        UPDATE account_dunning_notice_charge SET state = 'draft'
         WHERE notice_id = %(notice)s""",
    "an item that does not know until when it was charged": """
        UPDATE account_move_line SET dunning_interest_date = NULL
         WHERE id = %(item)s""",
    "interest on one day of an item twice": """
        INSERT INTO account_dunning_notice_charge (
            notice_id, notice_line_id, company_id, currency_id, move_line_id, move_id,
            kind, state, amount, date_from, date_to)
        SELECT notice_id, notice_line_id, company_id, currency_id, move_line_id,
               move_id, kind, state, amount, date_from, date_to
          FROM account_dunning_notice_charge
         WHERE notice_id = %(notice)s AND kind = 'interest'""",
    "a notice delivered twice": """
        INSERT INTO mail_message (model, res_id, message_type, date, email_layout_xmlid)
        SELECT 'account.dunning.notice', %(notice)s, 'email_outgoing', NOW(), n::text
          FROM GENERATE_SERIES(1, 2) n""",
}


class Broken(AssertionError):
    """Rules that do not hold, with the first rows that break them."""


def check(connection, rules, **values):
    """Hold the database against the rules.

    :raise Broken: some do not hold.
    """
    with connection, connection.cursor() as cr:
        broken = find_broken(cr, rules, values)
    if broken:
        raise Broken(
            "\n".join(
                f"{len(rows)} times {name}, like {rows[:3]}"
                for name, rows in broken.items()
            )
        )


def find_broken(cr, rules, values=None):
    """Return {rule that does not hold: rows that break it}."""
    broken = {}
    for name, query in rules.items():
        cr.execute(query, values or None)
        if rows := cr.fetchall():
            broken[name] = rows
    return broken


def prove(connection):
    """See that the rules bite: tamper with an issued notice, and take it back.

    :raise AssertionError: a tampering was not found.
    """
    for name, tampering in TAMPERINGS.items():
        with connection.cursor() as cr:
            cr.execute(
                """SELECT id, notice_id, move_line_id FROM account_dunning_notice_line
                    WHERE state = 'issued' ORDER BY id DESC LIMIT 1"""
            )
            line, notice, item = cr.fetchone()
            cr.execute(tampering, {"line": line, "notice": notice, "item": item})
            found = find_broken(cr, {name: RULES[name]})
        connection.rollback()
        if not found:
            raise AssertionError(f"not found: {name}")


def count_gaps(connection):
    """How many numbers were drawn and are on no notice."""
    with connection, connection.cursor() as cr:
        cr.execute(
            r"""SELECT COALESCE(SUM(gaps), 0) FROM (
                SELECT MAX(number) - COUNT(*) AS gaps
                  FROM (SELECT company_id, REGEXP_REPLACE(name, '\d+$', '') AS prefix,
                               SUBSTRING(name FROM '\d+$')::int AS number
                          FROM account_dunning_notice WHERE name IS NOT NULL) numbered
                 GROUP BY company_id, prefix) counted"""
        )
        return int(cr.fetchone()[0])
