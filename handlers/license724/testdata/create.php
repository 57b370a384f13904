<?php
$payload = [
'type' => 'cpanel',
'ip' => '203.0.113.10',
'billingcycle' => 1,
];
$ch = curl_init('https://api.724license.com/v1/licenses/create');
curl_setopt_array($ch, [
CURLOPT_POST => true,
CURLOPT_RETURNTRANSFER => true,
CURLOPT_HTTPHEADER => [
'Authorization: Bearer API_ANAHTARINIZ',
'Content-Type: application/json',
],
CURLOPT_POSTFIELDS => json_encode($payload),
]);
$response = json_decode(curl_exec($ch), true);
echo json_encode($response);
