package link

import "encoding/binary"

// decoder takes a body apart. After the first fault it yields zeros and keeps
// the fault.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) take(n int) []byte {
	if d.err != nil || len(d.b) < n {
		d.err = ErrMalformed
		return nil
	}
	p := d.b[:n]
	d.b = d.b[n:]
	return p
}

func (d *decoder) u8() uint8 {
	if p := d.take(1); p != nil {
		return p[0]
	}
	return 0
}

func (d *decoder) u16() uint16 {
	if p := d.take(2); p != nil {
		return binary.LittleEndian.Uint16(p)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	if p := d.take(4); p != nil {
		return binary.LittleEndian.Uint32(p)
	}
	return 0
}

func (d *decoder) i64() int64 {
	if p := d.take(8); p != nil {
		return int64(binary.LittleEndian.Uint64(p))
	}
	return 0
}

// bool takes 0 or 1 and nothing else, so that each message has one encoding.
func (d *decoder) bool() bool {
	v := d.u8()
	if v > 1 {
		d.err = ErrMalformed
	}
	return v == 1
}

func (d *decoder) text() string { return string(d.take(int(d.u8()))) }

// rest takes all that is left, at most n bytes. It aliases the body.
func (d *decoder) rest(n int) []byte {
	if len(d.b) > n {
		d.err = ErrMalformed
		return nil
	}
	return d.take(len(d.b))
}

// end says whether the body was exactly the message.
func (d *decoder) end() error {
	if d.err == nil && len(d.b) != 0 {
		d.err = ErrMalformed
	}
	return d.err
}
