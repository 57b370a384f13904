-- Lists that cost the same however many orders there are.

-- Which orders hold a run of letters in one of their names or numbers, in blocks of
-- orders; db/search_index.go says how, and fills it. Nothing else reads it.
create table order_gram (
    block  bigint not null,
    gram   bytea not null,
    orders bytea not null,
    primary key (block, gram)
);
insert into counter (name, value) values ('search', 0);

-- Filtered by brand, and by brand and status.
create index orders_product_idx on orders (reseller_id, product_id, status, id);

-- Only delivered orders stand in it.
create index if not exists orders_until_idx on orders (reseller_id, certificate_until) where status = 'completed';

-- Invoices are listed by when they were made.
drop index invoice_reseller_idx;
drop index invoice_created_idx;
create index invoice_created_idx on invoice (reseller_id, created_at, id);
create index invoice_status_idx on invoice (reseller_id, status, created_at, id);

create index if not exists mail_failed_idx on mail (id) where state = 'failed';
create index mail_queued_idx on mail (id) where state = 'queued';
