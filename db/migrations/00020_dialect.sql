-- Which further dialects of an API a reseller's keys may speak, beside the one that
-- every key speaks. A row is "on".
create table if not exists reseller_dialect (
    reseller_id bigint not null references reseller (id),
    dialect     text not null,
    primary key (reseller_id, dialect)
);
