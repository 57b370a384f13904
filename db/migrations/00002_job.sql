-- A job that somebody does now is told apart from one that waits: the end of a
-- lease and the time of a next try both lie in the future.
alter table job add column claimed boolean not null default false;

-- Two processes that start at the same moment make one sweep, not two.
delete from job where kind = 'sweep' and id not in (select min(id) from job where kind = 'sweep');
create unique index job_sweep_idx on job (kind) where kind = 'sweep';
