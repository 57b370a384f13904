package datassl

import "encoding/json"

// The part of OpenAPI 3.1 that the description of this API uses.

type openAPI struct {
	OpenAPI    string                `json:"openapi"`
	Info       apiInfo               `json:"info"`
	Servers    []apiServer           `json:"servers"`
	Security   []map[string][]string `json:"security"`
	Tags       []apiTag              `json:"tags"`
	Paths      map[string]pathItem   `json:"paths"`
	Webhooks   map[string]pathItem   `json:"webhooks"`
	Components components            `json:"components"`
}

type apiInfo struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

type apiServer struct {
	URL string `json:"url"`
}

type apiTag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// pathItem maps a method in small letters to its operation.
type pathItem map[string]*apiOperation

type apiOperation struct {
	OperationID string                 `json:"operationId,omitempty"`
	Tags        []string               `json:"tags,omitempty"`
	Summary     string                 `json:"summary"`
	Description string                 `json:"description,omitempty"`
	Security    *[]map[string][]string `json:"security,omitempty"` // nil: as everywhere
	Parameters  []apiParameter         `json:"parameters,omitempty"`
	RequestBody *apiBody               `json:"requestBody,omitempty"`
	Responses   map[string]apiResponse `json:"responses"`
	Scope       string                 `json:"x-scope,omitempty"`
}

type apiParameter struct {
	Ref         string  `json:"$ref,omitempty"`
	Name        string  `json:"name,omitempty"`
	In          string  `json:"in,omitempty"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *schema `json:"schema,omitempty"`
	Example     any     `json:"example,omitempty"`
}

type apiBody struct {
	Description string               `json:"description,omitempty"`
	Required    bool                 `json:"required"`
	Content     map[string]mediaType `json:"content"`
}

type mediaType struct {
	Schema  *schema         `json:"schema"`
	Example json.RawMessage `json:"example,omitempty"`
}

type apiResponse struct {
	Description string               `json:"description"`
	Headers     map[string]apiHeader `json:"headers,omitempty"`
	Content     map[string]mediaType `json:"content,omitempty"`
}

type apiHeader struct {
	Ref         string  `json:"$ref,omitempty"`
	Description string  `json:"description,omitempty"`
	Schema      *schema `json:"schema,omitempty"`
	Example     any     `json:"example,omitempty"`
}

type components struct {
	Schemas         map[string]*schema        `json:"schemas"`
	Headers         map[string]apiHeader      `json:"headers"`
	Parameters      map[string]apiParameter   `json:"parameters"`
	SecuritySchemes map[string]securityScheme `json:"securitySchemes"`
}

type securityScheme struct {
	Type        string `json:"type"`
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Scheme      string `json:"scheme,omitempty"`
	Description string `json:"description"`
}

// schema is a JSON Schema (2020-12).
type schema struct {
	Ref                  string      `json:"$ref,omitempty"`
	Type                 types       `json:"type,omitempty"`
	Description          string      `json:"description,omitempty"`
	Format               string      `json:"format,omitempty"`
	Pattern              string      `json:"pattern,omitempty"`
	Enum                 []any       `json:"enum,omitempty"`
	Const                any         `json:"const,omitempty"`
	Minimum              *int        `json:"minimum,omitempty"`
	Default              any         `json:"default,omitempty"`
	Items                *schema     `json:"items,omitempty"`
	Properties           *properties `json:"properties,omitempty"`
	Required             []string    `json:"required,omitempty"`
	PropertyNames        *schema     `json:"propertyNames,omitempty"`
	AdditionalProperties *schema     `json:"additionalProperties,omitempty"`
	Examples             []any       `json:"examples,omitempty"`
}

// types is one type, or several, as JSON Schema writes them.
type types []string

func (t types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// properties are the fields of an object in their order.
type properties struct {
	names   []string
	schemas map[string]*schema
}

func (p *properties) add(name string, s *schema) {
	if p.schemas == nil {
		p.schemas = map[string]*schema{}
	}
	p.names, p.schemas[name] = append(p.names, name), s
}

func (p *properties) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, name := range p.names {
		if i > 0 {
			out = append(out, ',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(p.schemas[name])
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, key...), ':'), value...)
	}
	return append(out, '}'), nil
}
