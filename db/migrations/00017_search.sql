-- The index of searches in blocks eight times as long, so that there are few to
-- look into, and beside it how many orders have each run of letters: a search
-- looks for the rarest runs of its text alone, and for nothing where one is not
-- there at all. db/search_index.go says how; the migration makes both anew.
delete from order_gram;
update counter set value = 0 where name = 'search';

create table gram_count (
    gram   bytea primary key,
    orders bigint not null
);
