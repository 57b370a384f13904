#!/bin/sh
# export CERTBAY_API_KEY=cb_…   then   sh certbay.sh [PRODUCT_ID DOMAIN]
set -eu
base='https://BASE'

call() { # METHOD PATH [JSON] [IDEMPOTENCY-KEY]
  curl --silent --show-error --fail-with-body --max-time 30 --request "$1" \
    --header "X-API-Key: $CERTBAY_API_KEY" --header 'Accept: application/json' \
    ${3:+--header 'Content-Type: application/json' --data "$3"} \
    ${4:+--header "Idempotency-Key: $4"} "$base$2"
  echo
}

if [ $# -eq 2 ]; then
  call POST /orders "{\"product_id\": $1, \"domain\": \"$2\", \"period\": 12}" "order-$2-$(date +%F)"
else
  call GET /balance
  call GET '/orders?limit=5'
fi
