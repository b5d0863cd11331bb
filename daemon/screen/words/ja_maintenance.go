package words

// japaneseMaintenance is what the technician's pages say.
func japaneseMaintenance() *Book {
	return &Book{
		Pages: map[string]Text{
			"out-of-service/technician": {"休止中", "点検のため休止中です", []string{"係員がこの機械を休止しています。", "ほかのお店か、市区町村の窓口をご利用ください。"}},

			"maintenance-code":   {"点検", "係員のコードを入れてください", []string{"係員のほかの方は、とびらを閉めてください。"}},
			"maintenance":        {"点検", "点検：とびらを閉めると終わります", nil},
			"maintenance-hopper": {"硬貨の補充・回収", "{yen}円の硬貨は、いま何枚ですか", []string{"数えた枚数を入れて「確認」。全部取り出したら「空にした」。"}},
		},
		Buttons: map[string]string{
			"maintenance": "点検", "hopper-100": "100円の枚数", "hopper-50": "50円の枚数", "hopper-10": "10円の枚数",
			"cash-box": "金庫を空にした", "test-slip": "試し印刷", "test-signals": "ランプと音",
			"out-of-service": "休止する", "in-service": "再開する", "emptied": "空にした", "maintenance/next": "終わる", "more": "ほかの人",
		},
		Words: map[string]string{
			"code-wait": "コードがちがいました。{wait}秒たってから、もう一度入れられます。", "typed-digits": "入力 {n}桁", "level-now": "記録では {level}枚です",
			"st-service": "運転", "st-card-reader": "カード", "st-sheet-printer": "証明書", "st-receipt-printer": "領収書", "st-coins": "硬貨不良",
			"st-office": "センター", "st-level-100": "100円", "st-level-50": "50円", "st-level-10": "10円", "st-box": "金庫", "st-owed": "未返金",
			"st-unsent": "未送信", "st-clock": "時計", "st-disk": "記録装置", "st-journal": "記録", "st-panel": "画面", "st-touch": "タッチ",
			"st-coins-of": "{n}枚", "st-faults": "{n}回", "st-events": "{n}件",
			"is-in-service": "運転中", "is-stopped": "停止", "is-configuration": "設定", "is-technician": "係員が休止", "is-office-order": "センターの指示", "is-clock": "時計", "is-version": "更新待ち",
			"is-disk": "記録装置", "is-journal": "取引の記録", "is-panel": "画面", "is-touch": "タッチ",
			"did-counted": "枚数を記録しました", "did-box-emptied": "回収を記録しました", "did-slip-printed": "印刷しました", "did-slip-not-printed": "印刷できません",
			"did-taken-out": "休止にしました", "did-put-back": "再開しました", "did-not-booked": "記録できません", "did-busy": "更新中です",
			"remark-not-counted": "数えられなかった硬貨があります。返却口にないときは、お店の人にお知らせください。",
			"remark-no-change":   "おつりが足りなくなるため、これ以上は入れられません。「やめる」を押すと、全額お返しします。",
			"part":               "{part}／{parts}",
		},
	}
}
