package protocol

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"encoding/binary"
	"fmt"
)

// sheetAs is the exporter_context of a sheet's context.
const sheetAs = "kiosk v2 sheet"

// SealedSheet is one sheet on its way: one HPKE context, its chunks numbered.
type SealedSheet struct {
	Enc    []byte   // the context's encapsulated key
	Chunks [][]byte // each at most MaxChunk bytes
}

// Parcel tells the kiosk how a sheet will come.
type Parcel struct {
	Enc    []byte `json:"enc"`
	Size   int    `json:"size"`   // plain bytes
	Chunks int    `json:"chunks"` // how many
}

// Check refuses what breaks a limit.
func (p Parcel) Check() error {
	if len(p.Enc) != encSize {
		return fmt.Errorf("encapsulated key of %d bytes: want %d", len(p.Enc), encSize)
	}
	if p.Size < 1 || p.Size > MaxSheet {
		return fmt.Errorf("sheet of %d bytes: want 1 to %d", p.Size, MaxSheet)
	}
	if want := chunksOf(p.Size); p.Chunks != want {
		return fmt.Errorf("%d chunks for %d bytes: want %d", p.Chunks, p.Size, want)
	}
	return nil
}

func chunksOf(size int) int { return (size + chunkText - 1) / chunkText }

func chunkAAD(number, chunk, of int) []byte {
	var b [12]byte
	binary.BigEndian.PutUint32(b[0:], uint32(number))
	binary.BigEndian.PutUint32(b[4:], uint32(chunk))
	binary.BigEndian.PutUint32(b[8:], uint32(of))
	return b[:]
}

// SealSheet closes a sheet for a session. at.Request is the order's id.
func SealSheet(to hpke.PublicKey, at Place, number int, raster []byte) (SealedSheet, error) {
	at.Purpose = PurposeSheet
	if len(raster) == 0 || len(raster) > MaxSheet {
		return SealedSheet{}, fmt.Errorf("protocol: sheet of %d bytes: want 1 to %d", len(raster), MaxSheet)
	}
	enc, context, err := hpke.NewSender(to, kdf(), hpke.ExportOnly(), at.info())
	if err != nil {
		return SealedSheet{}, fmt.Errorf("protocol: seal a sheet: %w", err)
	}
	c, err := newChunks(context.Export)
	if err != nil {
		return SealedSheet{}, err
	}
	out := SealedSheet{Enc: enc}
	of := chunksOf(len(raster))
	for i := range of {
		part := raster[i*chunkText : min((i+1)*chunkText, len(raster))]
		out.Chunks = append(out.Chunks, c.Seal(nil, c.nonce(i), part, chunkAAD(number, i, of)))
	}
	return out, nil
}

// chunks is the cipher of one sheet: key and base nonce are exported by its
// context, and chunk i has the nonce that RFC 9180, section 5.2, computes for it.
// Each is sealed once. HPKE's own Open would leave a second copy of the sheet in
// memory that nobody wipes; this one opens into the first.
type chunks struct {
	cipher.AEAD
	base []byte
}

const nonceSize = 12

func newChunks(export func(string, int) ([]byte, error)) (*chunks, error) {
	secret, err := export(sheetAs, gcmKeySize+nonceSize)
	if err != nil {
		return nil, fmt.Errorf("protocol: key of a sheet: %w", err)
	}
	defer clear(secret[:gcmKeySize])
	block, err := aes.NewCipher(secret[:gcmKeySize])
	if err != nil {
		return nil, fmt.Errorf("protocol: key of a sheet: %w", err)
	}
	c, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("protocol: key of a sheet: %w", err)
	}
	return &chunks{c, secret[gcmKeySize:]}, nil
}

func (c *chunks) nonce(chunk int) []byte {
	n := bytes.Clone(c.base)
	last := binary.BigEndian.Uint64(n[nonceSize-8:])
	binary.BigEndian.PutUint64(n[nonceSize-8:], last^uint64(chunk))
	return n
}

// SheetOpener takes the chunks of one sheet in order.
type SheetOpener struct {
	c      *chunks
	number int
	parcel Parcel
	next   int
	raster []byte
}

// NewSheetOpener starts to open a sheet. at.Request is the order's id.
func NewSheetOpener(key hpke.PrivateKey, at Place, number int, p Parcel) (*SheetOpener, error) {
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("protocol: sheet %d: %w", number, err)
	}
	at.Purpose = PurposeSheet
	context, err := hpke.NewRecipient(p.Enc, key, kdf(), hpke.ExportOnly(), at.info())
	if err != nil {
		return nil, &ErrSealed{At: PurposeSheet}
	}
	c, err := newChunks(context.Export)
	if err != nil {
		return nil, err
	}
	return &SheetOpener{c: c, number: number, parcel: p, raster: make([]byte, 0, p.Size)}, nil
}

// Next is the number of the chunk that must come now, from 0; done says that
// all are there.
func (o *SheetOpener) Next() (chunk int, done bool) { return o.next, o.next == o.parcel.Chunks }

// Add opens the next chunk.
func (o *SheetOpener) Add(sealed []byte) error {
	if len(sealed) > MaxChunk {
		return fmt.Errorf("protocol: chunk of %d bytes: at most %d", len(sealed), MaxChunk)
	}
	if len(o.raster)+len(sealed)-tagSize > o.parcel.Size {
		return fmt.Errorf("protocol: sheet %d is longer than it said", o.number)
	}
	raster, err := o.c.Open(o.raster, o.c.nonce(o.next), sealed, chunkAAD(o.number, o.next, o.parcel.Chunks))
	if err != nil {
		return &ErrSealed{At: PurposeSheet}
	}
	o.raster = raster
	o.next++
	return nil
}

// Raster hands out the whole sheet, which is then the caller's to wipe.
func (o *SheetOpener) Raster() ([]byte, error) {
	if _, done := o.Next(); !done || len(o.raster) != o.parcel.Size {
		return nil, fmt.Errorf("protocol: sheet %d is not whole", o.number)
	}
	return o.raster, nil
}

// Wipe forgets what was opened, unless Raster handed it out and it is wanted.
func (o *SheetOpener) Wipe() { clear(o.raster) }
