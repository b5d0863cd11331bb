package register

import (
	"fmt"
	"time"
)

// settle fills the register with the residents of the scenario language.
func (r *Register) settle(today time.Time) {
	r.settleFamilies(today)
	r.settleForeigners(today)
	r.settleCards(today)
	r.settleRefused(today)
	for _, name := range []string{
		"adult", "head", "spouse", "child", "ward", "elderly", "alone", "big-household", "too-big",
		"foreign-resident", "foreign-alias", "foreign-expiring",
		"expiring", "expired", "signature-expired", "not-yet-valid", "last-try", "blocked-pin", "blocked-password",
		"revoked", "card-stopped", "moved", "moved-out", "moved-in-today", "overseas", "protected", "mourning",
		"unregistered-character", "other-town", "no-pin", "old-card", "phone-token", "transit-card",
	} {
		r.residents = append(r.residents, r.byName[name])
	}
}

func (r *Register) settleFamilies(today time.Time) {
	ago := today.AddDate
	r.admit(household{id: "adult", since: ago(-6, -7, -3), former: "神奈川県架空市緑町4丁目5番6号", people: couple(
		Resident{Name: "adult", FullName: "見本 太郎", Kana: "ミホン タロウ", Born: ago(-34, -4, -12), Sex: "男"},
		Resident{FullName: "見本 桜", Kana: "ミホン サクラ", Born: ago(-33, -8, -2), Sex: "女"},
	)})
	r.admit(household{id: "family", since: ago(-11, -1, -20), former: "東京都霞原市霞台2丁目9番地の1", people: []Resident{
		{Name: "head", member: "head", Relation: "世帯主", FullName: "稲田 健一", Kana: "イナダ ケンイチ", Born: ago(-42, -2, -9), Sex: "男"},
		{Name: "spouse", member: "spouse", Relation: "妻", FullName: "稲田 美咲", Kana: "イナダ ミサキ", Born: ago(-40, -10, -21), Sex: "女"},
		{Name: "child", member: "child", Relation: "子", FullName: "稲田 陽菜", Kana: "イナダ ヒナ", Born: ago(-9, -5, -6), Sex: "女"},
		{member: "child-2", Relation: "子", FullName: "稲田 湊", Kana: "イナダ ミナト", Born: ago(-6, -9, -17), Sex: "男"},
	}})
	r.admit(household{id: "ward", since: ago(-41, -3, -1), people: []Resident{
		{member: "head", Relation: "世帯主", FullName: "梨山 和子", Kana: "ナシヤマ カズコ", Born: ago(-68, -6, -11), Sex: "女"},
		{Name: "ward", member: "child", Relation: "子", FullName: "梨山 修", Kana: "ナシヤマ オサム", Born: ago(-41, -3, -1), Sex: "男", Guardian: true},
	}})
	r.admit(household{id: "elderly", since: ago(-52, -7, -8), former: "東京都三多摩郡架空村大字例示12番地", people: []Resident{
		{member: "head", Relation: "世帯主", FullName: "多摩川 茂", Kana: "タマガワ シゲル", Born: ago(-89, -2, -27), Sex: "男"},
		{Name: "elderly", member: "spouse", Relation: "妻", FullName: "多摩川 フミ", Kana: "タマガワ フミ", Born: ago(-86, -11, -4), Sex: "女"},
	}})
	r.admit(household{id: "alone", since: ago(-2, -8, -15), former: "愛知県例示市本町1丁目1番地", people: []Resident{
		{Name: "alone", member: "head", Relation: "世帯主", FullName: "一ノ瀬 静", Kana: "イチノセ シズカ", Born: ago(-28, -1, -30), Sex: "女"},
	}})
	r.admit(household{id: "big", since: ago(-45, -4, -4), people: []Resident{
		{Name: "big-household", member: "head", Relation: "世帯主", FullName: "大家 源蔵", Kana: "オオヤ ゲンゾウ", Born: ago(-71, -8, -19), Sex: "男"},
		{member: "spouse", Relation: "妻", FullName: "大家 ハル", Kana: "オオヤ ハル", Born: ago(-69, -3, -3), Sex: "女"},
		{member: "child", Relation: "子", FullName: "大家 学", FirstOnRegister: "大家 学", Kana: "オオヤ マナブ", Born: ago(-44, -10, -10), Sex: "男"},
		{member: "child-spouse", Relation: "子の妻", FullName: "大家 結", FirstOnRegister: "大家 学", Since: ago(-18, -2, -14), Kana: "オオヤ ユイ", Born: ago(-43, -1, -25), Sex: "女"},
		{member: "grandchild", Relation: "子の子", FullName: "大家 蓮", FirstOnRegister: "大家 学", Kana: "オオヤ レン", Born: ago(-16, -6, -13), Sex: "男"},
		{member: "grandchild-2", Relation: "子の子", FullName: "大家 凛", FirstOnRegister: "大家 学", Kana: "オオヤ リン", Born: ago(-13, -2, -8), Sex: "女"},
		{member: "grandchild-3", Relation: "子の子", FullName: "大家 葵", FirstOnRegister: "大家 学", Kana: "オオヤ アオイ", Born: ago(-10, -9, -29), Sex: "女"},
		{member: "child-2", Relation: "子", FullName: "大家 歩", Kana: "オオヤ アユム", Born: ago(-39, -5, -16), Sex: "男"},
		{member: "parent", Relation: "母", FullName: "大家 トメ", Kana: "オオヤ トメ", Born: ago(-95, -7, -7), Sex: "女"},
		{member: "parent-2", Relation: "妻の母", FullName: "小宮 キヨ", FirstOnRegister: "小宮 キヨ", Since: ago(-5, -11, -3), Kana: "コミヤ キヨ", Born: ago(-92, -4, -22), Sex: "女"},
	}})
	r.admit(household{id: "hall", since: ago(-3, -2, -2), people: hall(today)})
}

// hall is a shared house entered as one household: 77 people, 20 sheets.
func hall(today time.Time) []Resident {
	surnames := []struct{ name, kana string }{
		{"群山", "ムラヤマ"},
		{"例示", "レイジ"},
		{"架空", "カクウ"},
		{"仮名", "カメイ"},
		{"空野", "ソラノ"},
		{"見原", "ミハラ"},
		{"多田", "タダ"},
		{"写田", "ウツシダ"},
		{"式部", "シキベ"},
		{"本例", "ホンレイ"},
		{"型山", "カタヤマ"},
	}
	given := []struct{ name, kana, sex string }{
		{"一", "ハジメ", "男"},
		{"文", "アヤ", "女"},
		{"実", "ミノル", "男"},
		{"光", "ヒカリ", "女"},
		{"新", "アラタ", "男"},
		{"緑", "ミドリ", "女"},
		{"明", "アキラ", "男"},
	}
	var people []Resident
	for i, g := range given {
		for j, s := range surnames {
			n := len(people)
			p := Resident{
				member: fmt.Sprintf("lodger-%d", n), Relation: "同居人",
				FullName: s.name + " " + g.name, FirstOnRegister: s.name + " " + g.name, Kana: s.kana + " " + g.kana, Sex: g.sex,
				Born: today.AddDate(-22-n, -i, -j),
			}
			if n == 0 {
				p.Name, p.member, p.Relation = "too-big", "head", "世帯主"
			}
			people = append(people, p)
		}
	}
	return people
}

func (r *Register) settleForeigners(today time.Time) {
	ago := today.AddDate
	r.admit(household{id: "foreign", since: ago(-4, -3, -9), former: "大阪府例示市中央1丁目3番5号", people: couple(
		Resident{
			Name: "foreign-resident", FullName: "TRAN THI MAU", Born: ago(-31, -2, -18), Sex: "女", Foreign: true,
			Nationality: "ベトナム", Status: "技術・人文知識・国際業務", Period: "5年", StayEnds: ago(2, 7, 11),
		},
		Resident{
			FullName: "NGUYEN VAN MAU", Born: ago(-32, -9, -5), Sex: "男", Foreign: true,
			Nationality: "ベトナム", Status: "家族滞在", Period: "5年", StayEnds: ago(2, 7, 11),
		},
	)})
	r.admit(household{id: "alias", since: ago(-18, -6, -1), people: couple(
		Resident{
			Name: "foreign-alias", FullName: "KIM MINA", Alias: "森川 美奈", Born: ago(-47, -7, -23), Sex: "女", Foreign: true,
			Nationality: "韓国", Status: "永住者", Period: "無期限",
		},
		Resident{
			FullName: "LEE SEOJUN", Alias: "森川 俊", Born: ago(-49, -3, -14), Sex: "男", Foreign: true,
			Nationality: "韓国", Category: "特別永住者",
		},
	)})
	ends := ago(0, 2, 0)
	r.admit(household{id: "stay", since: ago(-2, -10, -2), former: "群馬県例示町大字見本88番地", people: couple(
		Resident{
			Name: "foreign-expiring", FullName: "SANTOS MARIA EXEMPLO", Born: ago(-26, -11, -28), Sex: "女", Foreign: true,
			Nationality: "ブラジル", Status: "定住者", Period: "3年", StayEnds: ends,
		},
		Resident{
			FullName: "SANTOS PEDRO EXEMPLO", Born: ago(-27, -5, -2), Sex: "男", Foreign: true,
			Nationality: "ブラジル", Status: "定住者", Period: "3年", StayEnds: ends,
		},
	)})
}
