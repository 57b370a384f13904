#!/bin/sh
# Prints a checksum of every generated file, for `make check`.
cd "$(dirname "$0")/.." || exit 1
find views static/dist \( -name '*_templ.go' -o -name '*_gen.go' -o -path 'static/dist/*' \) -type f | LC_ALL=C sort | xargs sha256sum
