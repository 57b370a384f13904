package db

import (
	"database/sql/driver"
	"strings"

	modernc "modernc.org/sqlite"
)

// SQLite's own lower() knows the letters of English alone, so that a search for
// "şeker" would miss "ŞEKER". PostgreSQL's knows all of them.
func init() {
	modernc.MustRegisterDeterministicScalarFunction("lower", 1, func(_ *modernc.FunctionContext, args []driver.Value) (driver.Value, error) {
		switch text := args[0].(type) {
		case string:
			return strings.ToLower(text), nil
		case []byte:
			return strings.ToLower(string(text)), nil
		}
		return args[0], nil
	})
}
