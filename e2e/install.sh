#!/usr/bin/env bash
# Installs what a group of commands needs and this machine lacks: `node`, `unit`, `browser`,
# `samples` or `postgres`. Where it can't, it says what to install and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

PLAYWRIGHT=1.52.0 # what playwright-go v0.5200.1 drives
AXE=4.14.1
AXIOS=1.21.1 # what the API document's program for Node is written with
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

# The programs of the API's document are run where they can be: what can't be installed
# is named, and the tests that need it say that they were skipped.
samples() {
	missing=()
	need curl curl
	need php php-cli
	php -r 'exit(function_exists("curl_init") ? 0 : 1);' 2>/dev/null || missing+=(php-curl)
	python3 -c 'import requests' 2>/dev/null || missing+=(python3 python3-requests)
	need node nodejs
	need npm npm
	if [ ${#missing[@]} -gt 0 ]; then
		(install_missing) || echo "without them some programs of the API's document are skipped" >&2
	fi
	[ -d "$CACHE/axios-$AXIOS/node_modules/axios" ] ||
		npm install --silent --no-audit --no-fund --prefix "$CACHE/axios-$AXIOS" "axios@$AXIOS" ||
		echo "axios could not be installed: the API document's program for Node is skipped" >&2
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
	samples
	;;
samples)
	samples
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
	echo "usage: install.sh node|unit|browser|samples|postgres" >&2
	exit 2
	;;
esac
