curl -X POST "https://api.724license.com/v1/product" \
-H "Authorization: Bearer API_ANAHTARINIZ" \
-H "Content-Type: application/json" \
-d '{"token":"API_ANAHTARINIZ","code":"cpanel"}'
