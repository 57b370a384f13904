package db

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"regexp"
)

// MaxReceipt is how large the file of a receipt may be, in bytes.
const MaxReceipt = 5 << 20

// maxPixels bounds what decoding a picture may cost: a page scanned with 300 dpi
// has 9 million, a photo of a phone 12.
const maxPixels = 16_000_000

// What may be wrong with a receipt.
var (
	ErrReceiptEmpty = errors.New("receipt: there is nothing in the file")
	ErrReceiptLarge = errors.New("receipt: larger than allowed")
	ErrReceiptType  = errors.New("receipt: not a PDF, JPEG or PNG file")
)

// The media types of receipts.
const (
	MediaPDF  = "application/pdf"
	MediaJPEG = "image/jpeg"
	MediaPNG  = "image/png"
)

var pdfHead = regexp.MustCompile(`^%PDF-[12]\.[0-9][^0-9]`)

// decoding lets one picture at a time be decoded, because that takes memory.
var decoding = make(chan struct{}, 1)

// ReceiptType looks into a file and says what it is: MediaPDF, MediaJPEG or
// MediaPNG. What the sender calls it does not count; a picture must decode to its
// last line. It answers ErrReceiptEmpty, ErrReceiptLarge or ErrReceiptType.
//
// A file can be a picture and something else besides (more bytes after its end,
// or in its comments), so receipts are only ever served under the type found
// here, as a download that no browser may sniff.
func ReceiptType(content []byte) (string, error) {
	switch {
	case len(content) == 0:
		return "", ErrReceiptEmpty
	case len(content) > MaxReceipt:
		return "", ErrReceiptLarge
	case pdfHead.Match(content):
		if !bytes.Contains(content[max(0, len(content)-1024):], []byte("%%EOF")) {
			return "", ErrReceiptType
		}
		return MediaPDF, nil
	case bytes.HasPrefix(content, []byte("\xff\xd8\xff")):
		return decodes(MediaJPEG, content, jpeg.DecodeConfig, jpeg.Decode)
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n\x1a\n")):
		return decodes(MediaPNG, content, png.DecodeConfig, png.Decode)
	}
	return "", ErrReceiptType
}

// decodes answers the media type, or ErrReceiptType unless the picture is whole
// and of a size that can be decoded.
func decodes(media string, content []byte, size func(io.Reader) (image.Config, error), decode func(io.Reader) (image.Image, error)) (string, error) {
	config, err := size(bytes.NewReader(content))
	if err != nil || config.Width > maxPixels || config.Height > maxPixels || config.Width*config.Height > maxPixels {
		return "", ErrReceiptType
	}
	decoding <- struct{}{}
	defer func() { <-decoding }()
	if _, err := decode(bytes.NewReader(content)); err != nil {
		return "", ErrReceiptType
	}
	return media, nil
}
