-- Licences: what another order bought is renewed and changed by orders of their
-- own, so that each has its debit, its invoice and its place in the review queue.

-- The order whose licence this one renews or changes; null for every other.
alter table orders add column licence_id bigint references orders (id);
alter table orders add column wish text not null default '' check (wish in ('', 'renew', 'core'));
create index orders_licence_idx on orders (licence_id, id);

-- A licence that does not work until it is let work again.
alter table orders add column suspended boolean not null default false;

-- What an upstream can turn a product of its own into, by its codes.
create table upstream_core (
    upstream     text not null,
    product_code text not null,
    core_code    text not null,
    primary key (upstream, product_code, core_code)
);

-- What programs call a licence product, kept when its name changes.
create table licence_code (
    product_id bigint primary key references product (id),
    code       text not null unique
);

-- Which further dialects of an API a reseller's keys may speak, beside the one that
-- every key speaks. A row is "on".
create table if not exists reseller_dialect (
    reseller_id bigint not null references reseller (id),
    dialect     text not null,
    primary key (reseller_id, dialect)
);
