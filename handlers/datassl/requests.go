package datassl

// Bodies of requests. Fields are read whatever they hold, so that what is wrong
// can be said field by field; fields that are not here are passed over.

// CreateOrder is the body of POST /orders. DCV and the CSR come with /ssl/configure.
type CreateOrder struct {
	ProductID        Number `json:"product_id" need:"true"`
	Domain           Text   `json:"domain"`             // an IP address for licences, nothing for code signing
	Period           Number `json:"period"`             // months, 12 unless given
	SANCount         Number `json:"san_count"`          // additional names
	SANWildcardCount Number `json:"san_wildcard_count"` // additional wildcard names
	Reference        Text   `json:"reference"`          // what the program calls the order; listOrders finds it by that
}

// ChangeOrder is the body of PUT /orders/{id}.
type ChangeOrder struct {
	Action Text `json:"action" need:"true" words:"cancel"`
}

// Configure is the body of POST /ssl/configure. The fields from admin_first_name
// on are needed where the authority vets a company (OV, EV, code signing).
type Configure struct {
	OrderID       Number `json:"order_id" need:"true"`
	CSR           Text   `json:"csr" need:"true"`
	DCVMethod     Text   `json:"dcv_method" words:"email http https dns"` // email unless given
	ApproverEmail Text   `json:"approver_email"`

	AdminFirstName Text `json:"admin_first_name"`
	AdminLastName  Text `json:"admin_last_name"`
	AdminTitle     Text `json:"admin_title"`
	AdminEmail     Text `json:"admin_email"`
	AdminPhone     Text `json:"admin_phone"`
	OrgName        Text `json:"org_name"`
	OrgAddress     Text `json:"org_address"`
	OrgCity        Text `json:"org_city"`
	OrgState       Text `json:"org_state"`
	OrgPostalCode  Text `json:"org_postal_code"`
	OrgCountry     Text `json:"org_country"` // ISO 3166, two letters
	Delivery       Text `json:"delivery"`    // code signing: own_token, shipped_token, hsm
}

// ChangeDCV is the body of POST /ssl/change-dcv. Without a domain it is for every
// name that is not validated yet.
type ChangeDCV struct {
	OrderID       Number `json:"order_id" need:"true"`
	DCVMethod     Text   `json:"dcv_method" need:"true" words:"email http https dns"`
	ApproverEmail Text   `json:"approver_email"`
	Domain        Text   `json:"domain"`
}

// ResendValidation is the body of POST /ssl/resend-validation.
type ResendValidation struct {
	OrderID Number `json:"order_id" need:"true"`
}

// Reissue is the body of POST /ssl/reissue. What is left out stays as it was.
type Reissue struct {
	OrderID       Number `json:"order_id" need:"true"`
	CSR           Text   `json:"csr"`
	DCVMethod     Text   `json:"dcv_method" words:"email http https dns"`
	ApproverEmail Text   `json:"approver_email"`
}

// DecodeCSR is the body of POST /csr/decode.
type DecodeCSR struct {
	CSR Text `json:"csr" need:"true"`
}

// Pay is the body of POST /credits.
type Pay struct {
	OrderID Number `json:"order_id" need:"true"`
}
