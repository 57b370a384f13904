// Package access is the door that every program passes through, whatever dialect
// it speaks: it knows keys, addresses, scopes, how often and how much, and that a
// request which was repeated has its effect once. It answers errors of its own
// types; a dialect (handlers/datassl and its sisters) writes them in its own form.
//
// One request passes it in this order:
//
//	caller, err := gate.Admit(ctx, secret, ip)        // who: key, reseller on, address, rate
//	caller.Quota.SetHeaders(w.Header())               // also beside a refusal by rate
//	err = caller.Need(scope)                          // what the key may do
//	body, err := access.ReadBody(w, r, limit, kinds)  // how much, and of what type
//	answer, replayed, err := gate.Once(ctx, caller, once, do)
//	gate.Await(ctx, patience, jobs...)                // the outcome of what was wished
//	gate.Served(ctx, call)                            // who watches: metrics, the request log
//
// A page of the portal that tries the API for somebody who is signed in calls the
// dialect's handler in-process under AsReseller, which stands in for a key.
package access
