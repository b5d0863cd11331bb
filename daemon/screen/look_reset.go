package screen

import (
	"kioskd/daemon/screen/art"
	"kioskd/flows"
)

// resetLook is the table of the pages of the reset. Its steps are those of the
// other errand: card, PIN, choice, the act itself, and what one takes home.
func resetLook(name string) (look, bool) {
	message := (*builder).message
	switch name {
	case flows.PageResetAbout:
		return look{build: message, art: art.Lock, step: stepCard, language: true}, true
	case flows.PageBooked:
		return look{build: message, art: art.Calendar, step: stepCard, language: true}, true
	case flows.PageHowToBook:
		return look{build: message, art: art.Clock, language: true}, true
	case flows.PageNewPassword, flows.PageAgain:
		return look{build: (*builder).keyboard, step: stepChoose, language: true}, true
	case flows.PageMismatch:
		return look{build: message, art: art.Warning, step: stepChoose, mood: warn, language: true}, true
	case flows.PageWriting:
		return look{build: message, art: art.CardRead, step: stepPay}, true
	case flows.PageResetDone:
		return look{build: message, art: art.Done, step: stepTake, mood: good, language: true}, true
	case flows.PageResetUnchanged:
		return look{build: message, art: art.Back, step: stepTake, mood: warn, language: true, contact: true}, true
	case flows.PageResetUnknown:
		return look{build: message, art: art.Warning, step: stepTake, mood: alarm, language: true, variant: "slip", contact: true}, true
	default:
		return look{}, false
	}
}

// resetRows is the slip of a password that was set without proof. It names no
// person and no password.
func resetRows(sl Slip) []slipRow {
	rows := title("パスワード再設定の控え", "Password reset: please check")
	rows = append(rows, sl.when()...)
	if sl.Incident != "" {
		rows = append(rows, pair("お問い合わせ番号", "Reference number", sl.Incident)...)
	}
	rows = append(rows, slipRow{})
	rows = append(rows, plain(
		"署名用電子証明書のパスワードが新しくなったかどうかを、確かめられませんでした。",
		"1. 新しいパスワードをおためしください。",
		"2. 使えないときは、予約から24時間以内に、同じ予約でもう一度お越しください。新しい予約はいりません。",
		"It could not be confirmed whether the signature password is the new one.",
		"1. Try the new password.",
		"2. If it fails, come back with the same booking, within 24 hours of making it.",
	)...)
	rows = append(rows, slipRow{})
	rows = append(rows, sl.desk()...)
	return append(rows, plain(sl.Store)...)
}
