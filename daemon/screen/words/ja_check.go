package words

// japaneseCheck is the technician's check.
func japaneseCheck() *Book {
	return &Book{
		Pages: map[string]Text{
			"maintenance-check":        {"点検", "異常が{failed}件あります", nil},
			"maintenance-check/0":      {"点検", "すべて正常です", nil},
			"maintenance-check/trying": {"点検", "機器を調べています…", nil},
		},
		Buttons: map[string]string{"maintenance/check": "機器を調べる", "maintenance-check/check": "もう一度調べる"},
		Words: map[string]string{
			"is-ok": "正常", "is-failed": "異常", "is-not-tried": "未確認", "n-failed": "異常 {n}件", "more-failed": "ほか{n}件",
			"says-and": "・", "to-do": "{device}：{answer}。{todo}",

			"line-fonts": "文字", "line-disk": "記録装置", "line-journal": "取引の記録", "line-office": "センター", "line-configuration": "設定",
			"line-board": "基板", "line-clock": "時計", "line-panel": "画面", "line-touch": "タッチ", "line-card-reader": "カードリーダー",
			"line-receipt-printer": "領収書プリンター", "line-sheet-printer": "証明書プリンター", "line-exit-sensor": "出口センサー",
			"line-tray-sensor": "トレイセンサー", "line-coin-acceptor": "硬貨投入部", "line-hopper-100": "100円払出部", "line-hopper-50": "50円払出部",
			"line-hopper-10": "10円払出部", "line-lamps-buzzer": "ランプと音", "line-door": "とびら", "line-power-fail": "電源",

			"todo-fonts":           "文字のパッケージを入れなおす。",
			"todo-disk":            "空きを作る。ひとりでに書けなくなったときは寿命なので交換する。",
			"todo-journal":         "kioskd journal を実行し、指示に従う。",
			"todo-office":          "通信ケーブルとルーターを確かめる。",
			"todo-configuration":   "正しい設定をセンターに聞く。",
			"todo-board":           "基板の電源を確かめ、機械を起動しなおす。",
			"todo-clock":           "時刻サーバーにつなぐか、時計の電池を交換する。",
			"todo-panel":           "画面のケーブルと電源を確かめる。",
			"todo-touch":           "タッチのケーブルを両端とも確かめる。",
			"todo-card-reader":     "カードリーダーをさしなおし、ランプを見る。",
			"todo-receipt-printer": "用紙とカバー、次に電源とケーブルを確かめる。",
			"todo-sheet-printer":   "用紙・紙づまり・カバー、次に電源とケーブルを確かめる。",
			"todo-exit-sensor":     "出口の紙を取り、次にセンサーの配線を確かめる。",
			"todo-tray-sensor":     "トレイの紙を取り、次にセンサーの配線を確かめる。",
			"todo-coin-acceptor":   "つまった物を取り、次にコネクターを確かめる。",
			"todo-hopper-100":      "出口の硬貨を取り、次にコネクターを確かめる。",
			"todo-hopper-50":       "出口の硬貨を取り、次にコネクターを確かめる。",
			"todo-hopper-10":       "出口の硬貨を取り、次にコネクターを確かめる。",
			"todo-lamps-buzzer":    "ランプのコネクターを確かめる。",
			"todo-door":            "とびらの接点の配線を確かめる。",
			"todo-power-fail":      "電源の電圧を測り、次に停電信号の配線を確かめる。",

			"says-media-empty": "用紙なし", "says-media-needed": "用紙の補給待ち", "says-input-tray-missing": "給紙トレイなし", "says-media-jam": "紙づまり",
			"says-cover-open": "カバー開", "says-door-open": "ドア開", "says-interlock-open": "閉まっていない", "says-output-tray-missing": "排紙トレイなし",
			"says-output-area-full": "排紙が満杯", "says-marker-supply-empty": "トナーなし", "says-toner-empty": "トナーなし",
			"says-marker-waste-full": "廃トナー満杯", "says-opc-life-over": "ドラム寿命", "says-fuser-over-temp": "定着器が高温",
			"says-developer-empty": "現像剤なし", "says-spool-area-full": "メモリ満杯", "says-paused": "一時停止", "says-moving-to-paused": "停止中",
			"says-stopping": "停止中", "says-shutdown": "電源断", "says-connecting-to-device": "接続中", "says-timed-out": "時間切れ",
			"says-media-low": "用紙残りわずか", "says-output-area-almost-full": "排紙がもうすぐ満杯", "says-toner-low": "トナー残りわずか",
			"says-marker-supply-low": "トナー残りわずか", "says-marker-waste-almost-full": "廃トナーもうすぐ満杯", "says-opc-near-eol": "ドラム寿命間近",
			"says-developer-low": "現像剤残りわずか", "says-fuser-under-temp": "ウォームアップ中",

			"says-offline": "オフライン", "says-cover open": "カバー開", "says-paper end": "用紙なし", "says-paper near end": "用紙残りわずか",
			"says-cutter error": "カッター異常", "says-broken": "故障", "says-head hot": "ヘッド高温",
			"says-no answer": "応答なし", "says-holds the line": "受信停止のまま", "says-a job stays in its queue": "印刷待ちが残る",
		},
	}
}
