// export CERTBAY_API_KEY=cb_…   then   node certbay.mjs [PRODUCT_ID DOMAIN]
const base = "https://BASE";

async function call(method, path, { body, once } = {}) {
  const headers = { "X-API-Key": process.env.CERTBAY_API_KEY, Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (once) headers["Idempotency-Key"] = once;
  const response = await fetch(base + path, {
    method,
    headers,
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const answer = await response.json();
  if (!answer.success) throw new Error(response.status + ": " + answer.error);
  return answer;
}

const [product, domain] = process.argv.slice(2);
if (domain) {
  const today = new Date().toISOString().slice(0, 10);
  const body = { product_id: Number(product), domain, period: 12 };
  console.log(await call("POST", "/orders", { body, once: "order-" + domain + "-" + today }));
} else {
  console.log(await call("GET", "/balance"));
  console.log(await call("GET", "/orders?limit=5"));
}
