-- Statistics, kept in the transaction of each change, so that a page that shows
-- them costs the same however many orders there are. db/figure.go says what each
-- row and column means; the same sums stand there, for certbay verify.
create table figure (
    reseller_id      bigint not null, -- 0: every reseller together
    day              text not null,   -- 2026-11-20, UTC; empty in the rows of a product
    product_id       bigint not null, -- 0 in the rows of a day
    state            text not null,   -- empty in the rows of a day
    placed           bigint not null,
    sold             bigint not null,
    net_cents        bigint not null,
    cost_cents       bigint not null,
    delivered        bigint not null,
    earned_cents     bigint not null,
    spent_cents      bigint not null,
    wallet_cents     bigint not null,
    ending           bigint not null, -- certificates in use that end that day
    primary key (reseller_id, day, product_id, state)
);

insert into figure (reseller_id, day, product_id, state, placed, sold, net_cents, cost_cents, delivered, earned_cents, spent_cents, wallet_cents, ending)
with o as (
    select reseller_id, product_id, created_at, completed_at, certificate_until, status, total_cents, cost_cents,
        status || case when not paid then ':unpaid' when vetting and status = 'validation_pending' then ':vetting' else '' end as state,
        case when paid and (status <> 'cancelled' or completed_at is not null) then 1 else 0 end as sold
    from orders),
part as (
    select reseller_id, '' as day, product_id, state, 1 as placed, sold, sold * total_cents as net, sold * cost_cents as cost, 0 as delivered, 0 as earned, 0 as spent, 0 as wallet, 0 as ending
    from o
    union all
    select reseller_id, substr(cast(created_at as text), 1, 10), 0, '', 1, sold, sold * total_cents, sold * cost_cents, 0, 0, 0, 0, 0
    from o
    union all
    select reseller_id, substr(cast(completed_at as text), 1, 10), 0, '', 0, 0, 0, 0, 1, total_cents, cost_cents, 0, 0
    from o where completed_at is not null
    union all
    select reseller_id, substr(cast(certificate_until as text), 1, 10), 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 1
    from o where status = 'completed' and certificate_until is not null
    union all
    select a.reseller_id, substr(cast(t.created_at as text), 1, 10), 0, '', 0, 0, 0, 0, 0, 0, 0, e.amount_cents, 0
    from ledger_entry e join account a on a.id = e.account_id and a.kind = 'wallet' join ledger_tx t on t.id = e.tx_id)
select reseller_id, day, product_id, state, sum(placed), sum(sold), sum(net), sum(cost), sum(delivered), sum(earned), sum(spent), sum(wallet), sum(ending)
from part group by reseller_id, day, product_id, state
union all
select 0, day, product_id, state, sum(placed), sum(sold), sum(net), sum(cost), sum(delivered), sum(earned), sum(spent), sum(wallet), sum(ending)
from part group by day, product_id, state;

-- "Expiring soon" is a range of this; only delivered orders stand in it.
create index orders_until_idx on orders (reseller_id, certificate_until) where status = 'completed';
create index mail_failed_idx on mail (id) where state = 'failed';
