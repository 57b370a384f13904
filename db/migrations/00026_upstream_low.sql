-- Whether the balance of an upstream was below its alarm when it was last told: admins are mailed once per fall.
alter table upstream add column low boolean not null default false;
