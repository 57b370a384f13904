-- Renewals: which order bought the term after another's. A term is renewed once; an
-- order that was cancelled makes room for the next.
create table renewal (
    renews   bigint primary key references orders (id),
    order_id bigint not null unique references orders (id)
);

-- What a certificate from elsewhere says itself, where it was handed in.
alter table external_certificate add column serial text not null default '';
alter table external_certificate add column issuer text not null default '';
alter table external_certificate add column names text not null default '';
alter table external_certificate add column fingerprint text not null default '';
alter table external_certificate add column not_before timestamptz;
alter table external_certificate add column not_after timestamptz;
create index external_certificate_end_idx on external_certificate (reseller_id, not_after);
