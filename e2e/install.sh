#!/usr/bin/env bash
# Installs what a group of commands needs and this machine lacks: `node`, `unit`, `browser`
# or `postgres`. Where it can't, it says what to install and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

PLAYWRIGHT=1.52.0 # what playwright-go v0.5200.1 drives
AXE=4.14.1
CACHE=.cache

missing=()
need() { # need COMMAND PACKAGE
	command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

install_missing() {
	[ ${#missing[@]} -eq 0 ] && return
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
		echo "please install these Debian packages (or their like) and run the command again: ${missing[*]}" >&2
		exit 1
	fi
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >/dev/null
	apt-get install -y -qq "${missing[@]}" >"$CACHE/apt.log" 2>&1 || { tail -n 20 "$CACHE/apt.log" >&2; exit 1; }
}

# package NAME VERSION: unpacks a package of the npm registry into .cache/NAME-VERSION/package
package() {
	local dir="$CACHE/$1-$2" archive
	[ -f "$dir/package/package.json" ] && return
	mkdir -p "$dir"
	archive=$(cd "$dir" && npm pack --silent "$1@$2")
	tar -xzf "$dir/$archive" -C "$dir"
	rm "$dir/$archive"
}

mkdir -p "$CACHE"
case "${1-}" in
unit)
	need pdftotext poppler-utils
	need openssl openssl
	install_missing
	;;
browser)
	need chromium chromium
	need node nodejs
	need npm npm
	need openssl openssl
	install_missing
	package playwright-core "$PLAYWRIGHT"
	package axe-core "$AXE"
	;;
node)
	need node nodejs
	need npm npm
	install_missing
	;;
postgres)
	need pdftotext poppler-utils
	need openssl openssl
	[ -n "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null)" ] || need initdb postgresql
	install_missing
	;;
*)
	echo "usage: install.sh node|unit|browser|postgres" >&2
	exit 2
	;;
esac
