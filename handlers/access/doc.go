// Package access is the door that every program passes through, whatever dialect
// it speaks: it knows keys, addresses, scopes, how often and how much, and that a
// request which was repeated has its effect once. It answers errors of its own
// types; a dialect (handlers/datassl and its sisters) writes them in its own form.
//
// A dialect embeds a Visit in what it knows of a request and hands Visit.Serve its
// Words; the way of a request is the same for all of them:
//
//	words.Enter()                                     // finds the operation, reads, lets in:
//	    access.ReadFields / access.ReadBody           //   how much, of what type, what it says
//	    visit.Admit(secret)                           //   who: key, reseller on, address, rate, dialect
//	    visit.Caller.Need(scope)                      //   what the key may do
//	gate.Once(ctx, caller, once, words.Answer)        // a repeated change has its effect once
//	gate.Await(ctx, patience, jobs...)                // in the answer: the outcome of what was wished
//	    visit.Change / visit.Look / visit.GiveBack    //   of an order: a wish, a look upstream, its end
//	gate.Served(ctx, call)                            // who watches: metrics, the request log
//
// A page of the portal that tries the API for somebody who is signed in calls the
// dialect's handler in-process under AsReseller, which stands in for a key.
package access
