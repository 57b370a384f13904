<?php
// export CERTBAY_API_KEY=cb_…   then   php certbay.php [PRODUCT_ID DOMAIN]

final class Certbay
{
    public function __construct(private string $key, private string $base = 'https://BASE') {}

    public function call(string $method, string $path, ?array $body = null, string $once = ''): array
    {
        $headers = ['X-API-Key: ' . $this->key, 'Accept: application/json'];
        $options = [CURLOPT_CUSTOMREQUEST => $method, CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30];
        if ($body !== null) {
            $headers[] = 'Content-Type: application/json';
            $options[CURLOPT_POSTFIELDS] = json_encode($body, JSON_THROW_ON_ERROR);
        }
        if ($once !== '') {
            $headers[] = 'Idempotency-Key: ' . $once;
        }
        $request = curl_init($this->base . $path);
        curl_setopt_array($request, $options + [CURLOPT_HTTPHEADER => $headers]);
        $text = curl_exec($request);
        if ($text === false) {
            throw new RuntimeException(curl_error($request));
        }
        $answer = json_decode($text, true, 64, JSON_THROW_ON_ERROR);
        if (!$answer['success']) {
            throw new RuntimeException($answer['error']);
        }
        return $answer;
    }
}

$certbay = new Certbay(getenv('CERTBAY_API_KEY'));
if ($argc === 3) {
    [, $product, $domain] = $argv;
    $order = ['product_id' => (int) $product, 'domain' => $domain, 'period' => 12];
    print_r($certbay->call('POST', '/orders', $order, "order-$domain-" . date('Y-m-d')));
} else {
    print_r($certbay->call('GET', '/balance'));
    print_r($certbay->call('GET', '/orders?limit=5'));
}
