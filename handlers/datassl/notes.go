package datassl

// note is what else is to be known of an operation, "" for nothing.
func (o Operation) note(lang string) string { return notes[o.Name].in(lang) }

var notes = map[string]field{
	"listOrders": {TR: "`limit` ve `offset` ile sayfalanır.", EN: "Paged by `limit` and `offset`."},
	"createOrder": {TR: "Tutar kredinizden aynı anda düşülür; bakiye yetmezse 402 döner ve sipariş oluşmaz. CSR ve doğrulama yöntemi sonra `POST /ssl/configure` ile gönderilir.",
		EN: "The amount is taken from your credit at once; where it is short the answer is 402 and there is no order. The CSR and the method of validation follow with `POST /ssl/configure`."},
	"changeOrder": {TR: "Yalnızca `pending` ve `processing` durumundaki siparişler iptal edilebilir.", EN: "Only orders with the status `pending` or `processing` can be cancelled."},
	"configureSSL": {TR: "İstek otoriteye iletilir; sekiz saniye içinde sonuç gelirse yanıtta yer alır, gelmezse durum `processing` olur. Sonra `GET /ssl/{order_id}` ile bakın.",
		EN: "The wish goes on to the authority; what it says within eight seconds is in the answer, else the status is `processing`. Look again with `GET /ssl/{order_id}`."},
	"getSSL": {TR: "Otoriteye en çok üç saniye sorulur; yanıt gelmezse son bilinen durum döner (`last_checked_at`). Hazır sertifika kaydedilir.",
		EN: "The authority is asked for at most three seconds; else the answer is what was last known (`last_checked_at`). A certificate that is ready is saved."},
	"reissueSSL":          {TR: "Süresi içinde ve sertifikası olan siparişler için; ücretsizdir. Önceki sertifika geçerli kalır.", EN: "For orders with a certificate, within their term; free of charge. The certificate before stays valid."},
	"payOrder":            {TR: "Ödenmiş bir sipariş için çağrılırsa hiçbir şey düşülmez.", EN: "Asked for an order that is paid, it takes nothing."},
	"downloadCertificate": {TR: "Sertifika daha hazır değilse 404 ve `not_issued` döner.", EN: "While there is no certificate the answer is 404 with `not_issued`."},
}
