-- What placing an order writes is what it waits for: an index that only few rows
-- matter to holds only them, and what nothing asks for any more goes.

drop index orders_fulfilment_idx;
create index orders_review_idx on orders (id) where fulfilment in ('unsure', 'refused');

drop index orders_paid_idx;
create index orders_unpaid_idx on orders (status, created_at) where paid = false;

drop index orders_ends_idx;
create index orders_ends_idx on orders (status, ends_at) where status = 'completed';

drop index orders_created_idx;

-- An account by its kind and owner; the operator's own ones exist once, too.
create unique index account_owner_idx on account (kind, coalesce(reseller_id, 0));
