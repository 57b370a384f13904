package db

// licenceRules hold a licence and what was bought for it against each other; as rules.
var licenceRules = []struct{ rule, query string }{
	{"what is wanted of a licence names it, and nothing else names one",
		`select 'order ' || id || ' wants "' || wish || '"' from orders where (licence_id is null) <> (wish = '') order by id limit 1`},
	{"what is wanted of a licence names a delivered licence of the same reseller",
		`select 'order ' || o.id || ' of ' || o.licence_id from orders o join orders l on l.id = o.licence_id join product p on p.id = l.product_id
		 where l.reseller_id <> o.reseller_id or l.licence_id is not null or l.completed_at is null or p.kind <> 'licence' order by o.id limit 1`},
	{"one change of a licence is under way at a time",
		`select 'order ' || licence_id || ' has ' || count(*) from orders where licence_id is not null and status not in ('completed', 'expired', 'cancelled')
		 group by licence_id having count(*) > 1 order by licence_id limit 1`},
	{"what was bought for a licence is paid",
		`select 'order ' || id from orders where licence_id is not null and not paid order by id limit 1`},
	{"a licence runs at least as long as each of its renewals",
		`select 'order ' || l.id || ' ends before order ' || o.id from orders o join orders l on l.id = o.licence_id
		 where o.wish = 'renew' and o.completed_at is not null and (l.ends_at is null or o.ends_at is null or l.ends_at < o.ends_at) order by o.id limit 1`},
	{"only a delivered licence is suspended",
		`select 'order ' || o.id from orders o join product p on p.id = o.product_id
		 where o.suspended and (p.kind <> 'licence' or o.licence_id is not null or o.completed_at is null) order by o.id limit 1`},
}
