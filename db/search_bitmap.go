package db

import (
	"encoding/binary"
	"iter"
	"math/bits"
)

// bitmap has a bit for each order of a block.
type bitmap [blockOrders / 64]uint64

func (m *bitmap) set(order int) { m[order/64] |= 1 << (order % 64) }

func (m *bitmap) and(n *bitmap) {
	for i := range m {
		m[i] &= n[i]
	}
}

// add sets the orders that a row of the index has: their places in the block, two
// bytes each, or where that is shorter a bit for each of the block.
func (m *bitmap) add(row []byte) {
	if len(row) == blockOrders/8 {
		for i := range m {
			m[i] |= binary.BigEndian.Uint64(row[8*i:])
		}
		return
	}
	for ; len(row) >= 2; row = row[2:] {
		m.set(int(binary.BigEndian.Uint16(row)))
	}
}

func (m *bitmap) count() int {
	n := 0
	for _, word := range m {
		n += bits.OnesCount64(word)
	}
	return n
}

func (m *bitmap) row() []byte {
	var row []byte
	if 2*m.count() >= blockOrders/8 {
		for _, word := range m {
			row = binary.BigEndian.AppendUint64(row, word)
		}
		return row
	}
	for order := range m.down() {
		row = binary.BigEndian.AppendUint16(row, uint16(order))
	}
	return row
}

// down goes through the orders' places in the block, the newest first.
func (m *bitmap) down() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := len(m) - 1; i >= 0; i-- {
			for word := m[i]; word != 0; {
				top := 63 - bits.LeadingZeros64(word)
				if !yield(64*i + top) {
					return
				}
				word &^= 1 << top
			}
		}
	}
}
