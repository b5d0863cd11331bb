package console

// dashes gives long flags that are written with one dash (-resident NAME, as the
// documentation and Go's own tools do) the second one that the parser wants.
// What follows a bare "--" stays as it is.
func dashes(args []string) []string {
	all := make([]string, len(args))
	copy(all, args)
	for i, a := range all {
		if a == "--" {
			break
		}
		if len(a) > 2 && a[0] == '-' && lower(a[1]) && lower(a[2]) {
			all[i] = "-" + a
		}
	}
	return all
}

func lower(c byte) bool { return 'a' <= c && c <= 'z' }
