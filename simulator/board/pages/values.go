package pages

import "github.com/OpenPrinting/goipp"

// text is an attribute with one or more strings.
func text(name string, tag goipp.Tag, values ...string) goipp.Attribute {
	a := goipp.Attribute{Name: name}
	for _, v := range values {
		a.Values.Add(tag, goipp.String(v))
	}
	return a
}

func keyword(name string, values ...string) goipp.Attribute {
	return text(name, goipp.TagKeyword, values...)
}

func integer(name string, values ...int) goipp.Attribute {
	a := goipp.Attribute{Name: name}
	for _, v := range values {
		a.Values.Add(goipp.TagInteger, goipp.Integer(v))
	}
	return a
}

func enum(name string, values ...int) goipp.Attribute {
	a := goipp.Attribute{Name: name}
	for _, v := range values {
		a.Values.Add(goipp.TagEnum, goipp.Integer(v))
	}
	return a
}

func boolean(name string, v bool) goipp.Attribute {
	return goipp.MakeAttr(name, goipp.TagBoolean, goipp.Boolean(v))
}

func span(name string, lower, upper int) goipp.Attribute {
	return goipp.MakeAttr(name, goipp.TagRange, goipp.Range{Lower: lower, Upper: upper})
}

func dpi(name string) goipp.Attribute {
	return goipp.MakeAttr(name, goipp.TagResolution, goipp.Resolution{Xres: resolution, Yres: resolution, Units: goipp.UnitsDpi})
}

// moment is a printer-up-time, or no value while it has not come.
func moment(name string, at int) goipp.Attribute {
	if at == 0 {
		return goipp.MakeAttr(name, goipp.TagNoValue, goipp.Void{})
	}
	return integer(name, at)
}

// find gives an attribute's values, nil if it is not there.
func find(attrs goipp.Attributes, name string) goipp.Values {
	for _, a := range attrs {
		if a.Name == name {
			return a.Values
		}
	}
	return nil
}

// stringOf gives an attribute's only string, or "".
func stringOf(attrs goipp.Attributes, name string) string {
	values := find(attrs, name)
	if len(values) != 1 {
		return ""
	}
	s, _ := values[0].V.(goipp.String)
	return string(s)
}

// intOf gives an attribute's only integer.
func intOf(attrs goipp.Attributes, name string) (n int, ok bool) {
	values := find(attrs, name)
	if len(values) != 1 {
		return 0, false
	}
	i, ok := values[0].V.(goipp.Integer)
	return int(i), ok
}

// boolOf gives an attribute's only boolean.
func boolOf(attrs goipp.Attributes, name string) (b, ok bool) {
	values := find(attrs, name)
	if len(values) != 1 {
		return false, false
	}
	v, ok := values[0].V.(goipp.Boolean)
	return bool(v), ok
}

// requested keeps what requested-attributes asks for. Groups of attributes are
// not told apart: a name of one asks for everything.
func requested(q *request, all goipp.Attributes, fallback ...string) goipp.Attributes {
	var names []string
	for _, v := range find(q.operation, "requested-attributes") {
		if s, ok := v.V.(goipp.String); ok {
			names = append(names, string(s))
		}
	}
	if len(names) == 0 {
		names = fallback
	}
	if len(names) == 0 {
		return all
	}
	wanted := make(map[string]bool, len(names))
	for _, n := range names {
		switch n {
		case "all", "printer-description", "printer-defaults", "job-template", "job-description", "job-status":
			return all
		}
		wanted[n] = true
	}
	var some goipp.Attributes
	for _, a := range all {
		if wanted[a.Name] {
			some.Add(a)
		}
	}
	return some
}
