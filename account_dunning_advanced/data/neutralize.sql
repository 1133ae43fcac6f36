-- A copy of a database must not remind real people.
UPDATE res_company SET dunning_daily = FALSE;
UPDATE account_dunning_policy SET auto_issue = FALSE;
UPDATE account_dunning_notice SET delivery_state = 'skipped'
 WHERE delivery_state = 'pending';
-- Nor may it book losses by itself.
UPDATE res_company SET dunning_allowance_auto = FALSE;
-- Nor remind anybody of instalments.
UPDATE account_dunning_policy SET promise_reminder_days = 0;
