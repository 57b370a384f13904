-- A debit keeps the floor that it was held against, because an allowance may be
-- lowered below what is in use. No floor has ever moved before this.

alter table ledger_entry add column floor_cents bigint;
update ledger_entry set floor_cents = (select a.floor_cents from account a where a.id = ledger_entry.account_id);

create index ledger_tx_created_idx on ledger_tx (created_at);
create index ledger_tx_kind_idx on ledger_tx (kind, id);
