package pages

import (
	"crypto/sha256"
	"fmt"

	"github.com/OpenPrinting/goipp"
)

// A4 and its margins, in hundredths of a millimetre.
const (
	a4Width  = 21000
	a4Height = 29700
	margin   = 423
)

// jobBrief is what answers the making of a job.
func (p *Printer) jobBrief(q *request, j *job) goipp.Attributes {
	return goipp.Attributes{
		text("job-uri", goipp.TagURI, jobURI(q, j)),
		integer("job-id", j.id),
		enum("job-state", int(j.state)),
		keyword("job-state-reasons", j.reason),
	}
}

func jobURI(q *request, j *job) string { return fmt.Sprintf("%s/%d", q.uri, j.id) }

func (p *Printer) jobAttributes(q *request, j *job) goipp.Attributes {
	return append(p.jobBrief(q, j),
		text("job-printer-uri", goipp.TagURI, q.uri),
		text("job-name", goipp.TagName, j.name),
		text("job-originating-user-name", goipp.TagName, j.user),
		integer("job-impressions", j.total),
		integer("job-impressions-completed", j.impressions),
		integer("job-media-sheets-completed", j.sheets),
		integer("job-printer-up-time", p.uptime()),
		moment("time-at-creation", j.created),
		moment("time-at-processing", j.started),
		moment("time-at-completed", j.ended),
	)
}

// attributes are the printer's, those of IPP Everywhere that mean something
// for a printer of one tray, one size and one colour.
func (p *Printer) attributes(q *request) goipp.Attributes {
	a := p.status()
	a = append(a, p.identity(q)...)
	a = append(a, documents()...)
	return append(a, paper()...)
}

// What is left of the toner, in per cent.
const (
	tonerUsual = 80
	tonerLow   = 5
)

func (p *Printer) status() goipp.Attributes {
	now := p.clock.Now()
	started := now.Add(-p.clock.Uptime())
	supply := fmt.Sprintf("index=1;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=%d;colorantname=black;", p.toner())
	return goipp.Attributes{
		enum("printer-state", int(p.state())),
		keyword("printer-state-reasons", p.reasons()...),
		boolean("printer-is-accepting-jobs", true),
		integer("queued-job-count", len(p.waiting())),
		integer("printer-up-time", p.uptime()),
		integer("printer-state-change-time", seconds(p.changed)),
		integer("printer-config-change-time", 1),
		goipp.MakeAttr("printer-current-time", goipp.TagDateTime, goipp.Time{Time: now}),
		goipp.MakeAttr("printer-state-change-date-time", goipp.TagDateTime, goipp.Time{Time: started.Add(p.changed)}),
		goipp.MakeAttr("printer-config-change-date-time", goipp.TagDateTime, goipp.Time{Time: started}),
		goipp.MakeAttr("printer-supply", goipp.TagString, goipp.Binary(supply)),
		text("printer-supply-description", goipp.TagText, "Toner"),
	}
}

func (p *Printer) toner() int {
	if p.fault == faultToner {
		return tonerLow
	}
	return tonerUsual
}

func (p *Printer) identity(q *request) goipp.Attributes {
	return goipp.Attributes{
		text("charset-configured", goipp.TagCharset, "utf-8"),
		text("charset-supported", goipp.TagCharset, "utf-8", "us-ascii"),
		text("natural-language-configured", goipp.TagLanguage, "en"),
		text("generated-natural-language-supported", goipp.TagLanguage, "en"),
		keyword("ipp-versions-supported", "1.1", "2.0"),
		keyword("ipp-features-supported", "ipp-everywhere"),
		enum("operations-supported",
			int(goipp.OpPrintJob), int(goipp.OpValidateJob), int(goipp.OpCreateJob), int(goipp.OpSendDocument),
			int(goipp.OpCancelJob), int(goipp.OpGetJobAttributes), int(goipp.OpGetJobs), int(goipp.OpGetPrinterAttributes),
			int(goipp.OpCancelMyJobs), int(goipp.OpCloseJob), int(goipp.OpIdentifyPrinter)),
		text("printer-uri-supported", goipp.TagURI, q.uri),
		keyword("uri-authentication-supported", "none"),
		keyword("uri-security-supported", "none"),
		text("printer-name", goipp.TagName, p.name),
		text("printer-info", goipp.TagText, p.name),
		text("printer-location", goipp.TagText, ""),
		text("printer-make-and-model", goipp.TagText, "Simulated A4 page printer"),
		text("printer-uuid", goipp.TagURI, p.uuid()),
		text("printer-more-info", goipp.TagURI, page(q.uri, suppliesPath)),
		text("printer-supply-info-uri", goipp.TagURI, page(q.uri, suppliesPath)),
		text("printer-icons", goipp.TagURI, iconURIs(q.uri)...),
		text("printer-device-id", goipp.TagText, "MFG:Simulated;MDL:A4 page printer;CMD:PWGRaster,JPEG;"),
		goipp.MakeAttr("printer-geo-location", goipp.TagUnknown, goipp.Void{}),
		text("printer-organization", goipp.TagText, ""),
		text("printer-organizational-unit", goipp.TagText, ""),
		keyword("identify-actions-default", "sound"),
		keyword("identify-actions-supported", "sound"),
		keyword("which-jobs-supported", "completed", "not-completed", "all"),
		keyword("printer-get-attributes-supported", "document-format"),
		boolean("multiple-document-jobs-supported", false),
		integer("multiple-operation-time-out", int(documentWait.Seconds())),
		keyword("multiple-operation-time-out-action", "abort-job"),
		boolean("job-ids-supported", true),
		boolean("preferred-attributes-supported", false),
	}
}

// uuid is made from the name, so that a printer keeps it.
func (p *Printer) uuid() string {
	h := sha256.Sum256([]byte("kiosk sheet printer " + p.name))
	h[6] = h[6]&0x0F | 0x50 // version 5: from a name
	h[8] = h[8]&0x3F | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

func documents() goipp.Attributes {
	return goipp.Attributes{
		text("document-format-default", goipp.TagMimeType, formatRaster),
		text("document-format-supported", goipp.TagMimeType, formatRaster, formatJPEG, formatUnknown),
		keyword("compression-supported", "none"),
		keyword("pdl-override-supported", "attempted"),
		keyword("pwg-raster-document-type-supported", "black_1", "sgray_8"),
		keyword("pwg-raster-document-sheet-back", "normal"),
		dpi("pwg-raster-document-resolution-supported"),
		dpi("printer-resolution-default"),
		dpi("printer-resolution-supported"),
		boolean("color-supported", false),
		keyword("print-color-mode-default", "monochrome"),
		keyword("print-color-mode-supported", "auto", "bi-level", "monochrome"),
		enum("print-quality-default", 4),
		enum("print-quality-supported", 3, 4, 5),
		keyword("print-content-optimize-default", "auto"),
		keyword("print-content-optimize-supported", "auto"),
		keyword("print-rendering-intent-default", "auto"),
		keyword("print-rendering-intent-supported", "auto"),
		boolean("page-ranges-supported", false),
		keyword("overrides-supported", "document-number", "pages"),
		keyword("job-creation-attributes-supported", "copies", "document-format", "ipp-attribute-fidelity", "job-name", "media", "media-col",
			"orientation-requested", "output-bin", "print-color-mode", "print-content-optimize", "print-quality",
			"print-rendering-intent", "printer-resolution", "sides"),
	}
}

func paper() goipp.Attributes {
	return goipp.Attributes{
		integer("copies-default", 1),
		span("copies-supported", 1, 1),
		keyword("sides-default", oneSided),
		keyword("sides-supported", oneSided, longEdge, shortEdge),
		enum("orientation-requested-default", 3),
		enum("orientation-requested-supported", 3),
		enum("finishings-default", 3),
		enum("finishings-supported", 3),
		keyword("output-bin-default", "face-down"),
		keyword("output-bin-supported", "face-down"),
		integer("pages-per-minute", 30),
		keyword("media-default", mediaA4),
		keyword("media-ready", mediaA4),
		keyword("media-supported", mediaA4),
		keyword("media-source-supported", "main"),
		keyword("media-type-supported", "stationery"),
		integer("media-top-margin-supported", margin),
		integer("media-bottom-margin-supported", margin),
		integer("media-left-margin-supported", margin),
		integer("media-right-margin-supported", margin),
		keyword("media-col-supported", "media-bottom-margin", "media-left-margin", "media-right-margin", "media-size",
			"media-source", "media-top-margin", "media-type"),
		goipp.MakeAttr("media-size-supported", goipp.TagBeginCollection, mediaSize()),
		goipp.MakeAttr("media-col-default", goipp.TagBeginCollection, mediaCol()),
		goipp.MakeAttr("media-col-ready", goipp.TagBeginCollection, mediaCol()),
		goipp.MakeAttr("media-col-database", goipp.TagBeginCollection, mediaCol()),
	}
}

func mediaSize() goipp.Collection {
	return goipp.Collection{integer("x-dimension", a4Width), integer("y-dimension", a4Height)}
}

func mediaCol() goipp.Collection {
	return goipp.Collection{
		goipp.MakeAttr("media-size", goipp.TagBeginCollection, mediaSize()),
		integer("media-top-margin", margin),
		integer("media-bottom-margin", margin),
		integer("media-left-margin", margin),
		integer("media-right-margin", margin),
		keyword("media-source", "main"),
		keyword("media-type", "stationery"),
	}
}
