package paper

// Record is what one copy of a residence certificate shows, as printed: dates
// are written out, and what was not asked for is empty. Whoever makes it (the
// register) decides what may be shown; the renderer adds nothing.
type Record struct {
	Title        string // 住民票
	Municipality string // 東京都稲城市
	Address      string // of the household
	Head         string // name of the household's head; empty when not asked for
	Persons      []Person
	Certifies    string // この写しは、…ことを証明する。
	Issued       string // 令和8年11月24日
	Mayor        string // 稲城市長　見本 花子
	// Seal holds the columns of the mayor's seal, the right one first.
	Seal [3]string
}

// Nothing is what stands in a field that was asked for and of which the register
// has nothing.
const Nothing = "＊＊＊＊"

// Person is one resident of the household. Empty fields that could have been
// asked for stand as 省略, without their label.
type Person struct {
	Foreign bool // a foreign resident's block: other fields below the first two rows

	Name, Kana, Birth, Sex string // always printed
	Since                  string // 住民となった年月日, always printed
	Settled                string // 住所を定めた年月日, always printed
	Notified               string // 届出年月日, always printed
	Former                 string // 前住所; empty when there is none
	Alias                  string // 通称: printed whenever the record has one

	Relation string // 続柄
	Number   string // 個人番号

	Domicile        string // 本籍, nationals
	FirstOnRegister string // 筆頭者, nationals

	Nationality string // 国籍・地域, foreign residents from here on
	Category    string // 第30条の45に規定する区分
	Status      string // 在留資格
	Period      string // 在留期間
	StayEnds    string // 在留期間の満了の日
	CardNumber  string // 在留カード等の番号
}

// personsMax is how many blocks one sheet has room for.
const personsMax = 4

// Count is the number of sheets a copy of this record takes.
func Count(rec Record) int {
	return max(1, (len(rec.Persons)+personsMax-1)/personsMax)
}

// Sheet is one piece of paper.
type Sheet struct {
	Number int    // from 1
	Raster []byte // PWG Raster, two pages: front and back
	Text   string // what stands on the front, a line for each field
}
