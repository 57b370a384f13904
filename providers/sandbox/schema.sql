-- The sandbox CA's own memory. Times are milliseconds since 1970 in UTC, 0 = never.

create table if not exists authority (
  name        text primary key, -- root, issuer
  certificate blob not null,    -- DER
  private_key blob not null     -- PKCS#8
);

create table if not exists upstream_order (
  id           integer primary key autoincrement,
  reference    text not null unique, -- the buyer's
  product      text not null,
  months       integer not null,
  state        text not null,
  message      text not null,
  contact      text not null, -- JSON
  org          text not null, -- JSON
  ip           text not null,
  licence_key  text not null,
  created_at   integer not null,
  vetted_at    integer not null default 0, -- when vetting ends or ended
  term_ends_at integer not null default 0  -- set by the first certificate
);

-- What is to be certified: the first wish of an order, then one per reissue. At most one per order is open.
create table if not exists request (
  id         integer primary key autoincrement,
  order_id   integer not null references upstream_order(id),
  csr        text not null,
  secret     text not null,    -- the part of the instructions nobody else can guess
  state      text not null,    -- open, done, dropped
  looked_at  integer not null default 0,
  created_at integer not null
);
create unique index if not exists request_open on request(order_id) where state = 'open';
create index if not exists request_order on request(order_id);

create table if not exists name (
  request_id  integer not null references request(id),
  position    integer not null,
  name        text not null,
  method      text not null,
  email       text not null,
  verified_at integer not null default 0,
  mailed_at   integer not null default 0,
  detail      text not null default '',
  primary key (request_id, position)
) without rowid;

-- Links in mails. The token itself is only in the mail.
create table if not exists approval (
  token_hash blob primary key, -- SHA-256
  request_id integer not null references request(id),
  domain     text not null,
  email      text not null,
  created_at integer not null
) without rowid;

create table if not exists certificate (
  id         integer primary key autoincrement,
  order_id   integer not null references upstream_order(id),
  request_id integer not null unique references request(id), -- one each, whatever happens
  serial     text not null unique,
  leaf       text not null,
  not_before integer not null,
  not_after  integer not null,
  revoked_at integer not null default 0
);
create index if not exists certificate_order on certificate(order_id);

-- What a licence has come to be since it was ordered.
create table if not exists licence (
  order_id  integer primary key references upstream_order(id),
  product   text not null,
  ip        text not null,
  ends_at   integer not null,
  suspended integer not null default 0
);
create index if not exists licence_place on licence(product, ip);
-- Those of before this table was there.
insert or ignore into licence (order_id, product, ip, ends_at)
  select id, product, ip, unixepoch(created_at / 1000, 'unixepoch', '+' || months || ' months') * 1000
  from upstream_order where ip <> '';
