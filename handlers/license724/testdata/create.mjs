const response = await fetch('https://api.724license.com/v1/licenses/create', {
method: 'POST',
headers: {
'Authorization': 'Bearer API_ANAHTARINIZ',
'Content-Type': 'application/json'
},
body: JSON.stringify({ type: 'cpanel', ip: '203.0.113.10', billingcycle: 1 })
});
const data = await response.json();
console.log(JSON.stringify(data));
