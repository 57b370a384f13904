package providers

import "strconv"

// Offset reads the place in a list where an OrderLister goes on by counting; "" is its beginning. *Refusal: it is no such place.
func Offset(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	offset, err := strconv.Atoi(cursor)
	if err != nil || offset < 0 {
		return 0, Refuse("", "this is no place in the list: "+cursor)
	}
	return offset, nil
}
