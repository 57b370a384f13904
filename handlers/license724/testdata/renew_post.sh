curl -X POST "https://api.724license.com/v1/licenses/renew" \
-H "Authorization: Bearer API_ANAHTARINIZ" \
-H "Content-Type: application/json" \
-d '{"token":"API_ANAHTARINIZ","type":"cpanel","ip":"203.0.113.10","billingcycle":1}'
