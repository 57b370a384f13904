#!/usr/bin/env bash
# Runs a command with TEST_DATABASE_URL set to a PostgreSQL of its own: on a free
# port, in a temporary folder, stopped and removed after.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || bin=$(dirname "$(command -v initdb)")
dir=$(mktemp -d)

# PostgreSQL refuses to run as root.
if [ "$(id -u)" -eq 0 ]; then
	chown postgres "$dir"
	as() { runuser -u postgres -- "$@"; }
else
	as() { "$@"; }
fi

stop() {
	as "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$dir"
}
trap stop EXIT

as "$bin/initdb" -A trust -U postgres -E UTF8 --locale=C.UTF-8 -D "$dir/data" >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; exit 1; }
for _ in 1 2 3 4 5; do
	port=$((20000 + RANDOM % 20000))
	if as "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/log" -w -t 30 \
		-o "-p $port -k $dir -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off -c full_page_writes=off" start >/dev/null 2>&1; then
		started=yes
		break
	fi
done
[ "${started-}" = yes ] || { cat "$dir/data/log" >&2; exit 1; }

TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres" "$@"
