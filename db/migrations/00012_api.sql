-- What a key asked for once: the answer to its first request under an
-- Idempotency-Key, or who is working on it. A row without an answer whose lease
-- has passed belongs to whoever comes next; effect says what was done by then.
create table idempotency (
    api_key_id   bigint not null references api_key (id),
    key          text not null,
    fingerprint  text not null,
    claim        text not null,
    lease_until  timestamptz not null,
    effect       text not null default '',
    status       bigint not null default 0,
    content_type text not null default '',
    body         text not null default '',
    created_at   timestamptz not null,
    primary key (api_key_id, key)
);
create index idempotency_created_idx on idempotency (created_at);

-- What a program calls its order, so that it can ask for it when an answer was lost.
alter table orders add column reference text not null default '';
create index orders_reference_idx on orders (reseller_id, reference) where reference <> '';
