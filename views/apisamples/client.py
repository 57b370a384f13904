# export CERTBAY_API_KEY=cb_…   then   python3 certbay.py [PRODUCT_ID DOMAIN]
import datetime, json, os, sys, urllib.error, urllib.request

BASE = "https://BASE"


class Refused(Exception):
    """What the API answered when it did not do as asked."""


def call(method, path, body=None, once=None):
    headers = {"X-API-Key": os.environ["CERTBAY_API_KEY"], "Accept": "application/json"}
    data = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        data = json.dumps(body).encode()
    if once:
        headers["Idempotency-Key"] = once
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        raise Refused(refused.code, json.load(refused)["error"]) from None


if len(sys.argv) == 3:
    product, domain = int(sys.argv[1]), sys.argv[2]
    order = {"product_id": product, "domain": domain, "period": 12}
    print(call("POST", "/orders", order, once=f"order-{domain}-{datetime.date.today()}"))
else:
    print(call("GET", "/balance"))
    print(call("GET", "/orders?limit=5"))
