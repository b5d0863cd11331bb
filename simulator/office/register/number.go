package register

import "fmt"

// myNumber makes a 12-digit My Number out of a running number. It begins with
// zeros so that nobody takes it for a real one; its check digit is true.
//
// Source: ministerial order no. 85 of 2014, article 5: check digit = 11 - (sum of
// Pn*Qn mod 11), 0 where that sum mod 11 is at most 1; Pn is the n-th digit from
// the right, Qn = n+1 up to the sixth and n-5 from there on.
func myNumber(n int) string {
	digits := fmt.Sprintf("%011d", n)
	return digits + fmt.Sprint(checkDigit(digits))
}

func checkDigit(digits string) int {
	sum := 0
	for n := 1; n <= len(digits); n++ {
		q := n + 1
		if n > 6 {
			q = n - 5
		}
		sum += int(digits[len(digits)-n]-'0') * q
	}
	if sum%11 <= 1 {
		return 0
	}
	return 11 - sum%11
}
