curl -X POST "https://api.724license.com/v1/balance" \
-H "Authorization: Bearer API_ANAHTARINIZ" \
-H "Content-Type: application/json" \
-d '{"token":"API_ANAHTARINIZ"}'
