package register

import "time"

// settleCards admits those whose card is out of the ordinary. What is wrong lies
// on the card or with the certificate authority; to the register they are people
// like others, unless login itself refuses them.
func (r *Register) settleCards(today time.Time) {
	ago := today.AddDate
	for i, p := range []struct{ who, partner Resident }{
		{
			Resident{Name: "expiring", FullName: "期川 満", Kana: "キガワ ミツル", Sex: "男"},
			Resident{FullName: "期川 葉子", Kana: "キガワ ヨウコ", Sex: "女"},
		},
		{
			Resident{Name: "expired", FullName: "古賀 期一", Kana: "コガ キイチ", Sex: "男"},
			Resident{FullName: "古賀 絵美", Kana: "コガ エミ", Sex: "女"},
		},
		{
			Resident{Name: "signature-expired", FullName: "署田 名子", Kana: "ショダ ナコ", Sex: "女"},
			Resident{FullName: "署田 武", Kana: "ショダ タケシ", Sex: "男"},
		},
		{
			Resident{Name: "not-yet-valid", FullName: "新田 初", Kana: "ニッタ ハジメ", Sex: "男"},
			Resident{FullName: "新田 恵", Kana: "ニッタ メグミ", Sex: "女"},
		},
		{
			Resident{Name: "last-try", FullName: "末広 一葉", Kana: "スエヒロ カズハ", Sex: "女"},
			Resident{FullName: "末広 豊", Kana: "スエヒロ ユタカ", Sex: "男"},
		},
		{
			Resident{Name: "blocked-pin", FullName: "錠前 守", Kana: "ジョウマエ マモル", Sex: "男"},
			Resident{FullName: "錠前 香", Kana: "ジョウマエ カオリ", Sex: "女"},
		},
		{
			Resident{Name: "blocked-password", FullName: "鍵谷 忍", Kana: "カギヤ シノブ", Sex: "女"},
			Resident{FullName: "鍵谷 昇", Kana: "カギヤ ノボル", Sex: "男"},
		},
		{
			Resident{Name: "revoked", FullName: "矢野 効", Kana: "ヤノ イサオ", Sex: "男", Login: LoginRevoked},
			Resident{FullName: "矢野 薫", Kana: "ヤノ カオル", Sex: "女"},
		},
		{
			Resident{Name: "card-stopped", FullName: "止水 進", Kana: "シスイ ススム", Sex: "男", Login: LoginCardStopped},
			Resident{FullName: "止水 泉", Kana: "シスイ イズミ", Sex: "女"},
		},
		{
			Resident{Name: "no-pin", FullName: "顔見 認", Kana: "カオミ ミトム", Sex: "男"},
			Resident{FullName: "顔見 瞳", Kana: "カオミ ヒトミ", Sex: "女"},
		},
		{
			Resident{Name: "old-card", FullName: "旧井 古都", Kana: "キュウイ コト", Sex: "女"},
			Resident{FullName: "旧井 徹", Kana: "キュウイ トオル", Sex: "男"},
		},
		{
			Resident{Name: "phone-token", FullName: "電野 話子", Kana: "デンノ ワコ", Sex: "女"},
			Resident{FullName: "電野 翔", Kana: "デンノ ショウ", Sex: "男"},
		},
		{
			Resident{Name: "transit-card", FullName: "駅川 走", Kana: "エキカワ カケル", Sex: "男"},
			Resident{FullName: "駅川 歩美", Kana: "エキカワ アユミ", Sex: "女"},
		},
	} {
		p.who.Born = ago(-30-3*i, -i, -2*i)
		p.partner.Born = ago(-31-3*i, -i-1, -i)
		r.admit(household{id: p.who.Name, since: ago(-8-i, -i, -5), people: couple(p.who, p.partner)})
	}
	// Moving within Japan revokes the signature certificate, not the other one.
	r.admit(household{id: "moved", since: ago(0, 0, -10), former: "東京都霞原市霞台7丁目1番地の8", domicile: "東京都霞原市霞台7丁目1番地", people: couple(
		Resident{Name: "moved", FullName: "引地 越男", Kana: "ヒキチ エツオ", Born: ago(-37, -5, -5), Sex: "男"},
		Resident{FullName: "引地 望", Kana: "ヒキチ ノゾミ", Born: ago(-36, -8, -8), Sex: "女"},
	)})
	r.admit(household{id: "other-town", city: away, since: ago(-15, -2, -6), people: couple(
		Resident{Name: "other-town", FullName: "霞 遠子", Kana: "カスミ トオコ", Born: ago(-52, -4, -20), Sex: "女"},
		Resident{FullName: "霞 渉", Kana: "カスミ ワタル", Born: ago(-53, -10, -1), Sex: "男"},
	)})
}

// settleRefused admits those whom the city does not serve at a kiosk.
func (r *Register) settleRefused(today time.Time) {
	ago := today.AddDate
	for _, p := range []struct {
		who, partner Resident
		arrives      time.Time
	}{
		{
			who:     Resident{Name: "moved-out", refusal: MovedOut, FullName: "出水 転", Kana: "イズミ テン", Born: ago(-29, -3, -3), Sex: "男"},
			partner: Resident{FullName: "出水 遥", Kana: "イズミ ハルカ", Born: ago(-29, -6, -6), Sex: "女"},
		},
		{
			who:     Resident{Name: "moved-in-today", FullName: "入江 今日子", Kana: "イリエ キョウコ", Born: ago(-24, -1, -9), Sex: "女"},
			partner: Resident{FullName: "入江 昭", Kana: "イリエ アキラ", Born: ago(-25, -7, -4), Sex: "男"},
			arrives: today,
		},
		{
			who:     Resident{Name: "overseas", refusal: Overseas, FullName: "海野 渡", Kana: "ウミノ ワタル", Born: ago(-45, -9, -12), Sex: "男"},
			partner: Resident{FullName: "海野 渚", Kana: "ウミノ ナギサ", Born: ago(-44, -2, -28), Sex: "女"},
		},
		{
			who:     Resident{Name: "protected", refusal: AtTheCounter, FullName: "守山 静香", Kana: "モリヤマ シズカ", Born: ago(-38, -11, -7), Sex: "女"},
			partner: Resident{FullName: "守山 結衣", Kana: "モリヤマ ユイ", Born: ago(-12, -4, -1), Sex: "女"},
		},
		{
			who:     Resident{Name: "mourning", refusal: AtTheCounter, FullName: "黒田 偲", Kana: "クロダ シノブ", Born: ago(-63, -7, -30), Sex: "女"},
			partner: Resident{FullName: "黒田 正", Kana: "クロダ タダシ", Born: ago(-66, -1, -2), Sex: "男"},
		},
		{
			who:     Resident{Name: "unregistered-character", refusal: UnregisteredCharacter, FullName: "𠮷川 字子", Kana: "ヨシカワ アザコ", Born: ago(-55, -6, -6), Sex: "女"},
			partner: Resident{FullName: "𠮷川 彫", Kana: "ヨシカワ チョウ", Born: ago(-57, -8, -8), Sex: "男"},
		},
	} {
		since := p.arrives
		if since.IsZero() {
			since = ago(-9, -1, -1)
		}
		people := couple(p.who, p.partner)
		if p.who.Name == "protected" { // she lives with her child
			people[1].member, people[1].Relation = "child", "子"
		}
		r.admit(household{id: p.who.Name, since: since, arrives: p.arrives, people: people})
	}
}
