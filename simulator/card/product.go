package card

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// makes are the products that can be asked for by name.
var makes = map[string]func(*Product){
	"plain":        func(*Product) {},
	"no-short-ids": func(p *Product) { p.NoShortIDs = true },
	"extended":     func(p *Product) { p.ExtendedLength = true },
	"first-fails":  func(p *Product) { p.FirstFails = true },
	"blocked-63c0": func(p *Product) { p.Blocked = BlockedZero },
	"blocked-6984": func(p *Product) { p.Blocked = BlockedJICSAP },
	"blocked-6983": func(p *Product) { p.Blocked = BlockedISO },
	"much-filler":  func(p *Product) { p.Filler = muchFiller },
}

const muchFiller = 1024

// ErrNoSuchProduct says that a name is not one of Products.
var ErrNoSuchProduct = errors.New("card: no such product")

// Products are the names ParseProduct knows.
func Products() []string {
	names := make([]string, 0, len(makes))
	for n := range makes {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// ParseProduct reads product names with + between them: extended+first-fails.
// What is no product but a fault of a reader (pulled:3, lost:3, late:2s,
// garbage, hangs) is returned for Reader.Fault; there is at most one.
func ParseProduct(names string) (p Product, fault string, err error) {
	for _, n := range strings.Split(names, "+") {
		if make := makes[n]; make != nil {
			make(&p)
			continue
		}
		if _, err := parseFault(n); err != nil || fault != "" {
			return Product{}, "", fmt.Errorf("%w: %q (there is %s; and one of %s), with + between several",
				ErrNoSuchProduct, n, strings.Join(Products(), ", "), knownFaults)
		}
		fault = n
	}
	return p, fault, nil
}
