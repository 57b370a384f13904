curl -X POST "https://api.724license.com/v1/licenses/change-core" \
-H "Authorization: Bearer API_ANAHTARINIZ" \
-H "Content-Type: application/json" \
-d '{"token":"API_ANAHTARINIZ","type":"litespeed","ip":"203.0.113.10","new_type":"litespeed_x_core"}'
