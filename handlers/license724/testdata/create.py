import requests
response = requests.post(
'https://api.724license.com/v1/licenses/create',
headers={'Authorization': 'Bearer API_ANAHTARINIZ'},
json={'type': 'cpanel', 'ip': '203.0.113.10', 'billingcycle': 1},
timeout=60
)
data = response.json()
import json
print(json.dumps(data))
