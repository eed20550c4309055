# Was Kontakte in ihrer Post lesen. Schlicht und ruhig: Wer das liest, ist in Sorge oder in Eile.

mail-greeting = Guten Tag { $name },
mail-greeting-nameless = Guten Tag,

## Die Mail mit dem Link

mail-reset-subject = { $organisation }: neues Passwort festlegen
mail-reset-preview = Gilt einmal, bis { $until }. Wenn Sie das nicht wollten, sagen Sie uns bitte Bescheid.
mail-reset-why-help-desk = { $organisation } hat diese Mail geschickt, weil der Helpdesk am { $at } ein neues Passwort für Ihr Konto { $id } angefordert hat.
mail-reset-why-named = { $organisation } hat diese Mail geschickt, weil { $name } vom Helpdesk am { $at } ein neues Passwort für Ihr Konto { $id } angefordert hat.
mail-reset-why-page = { $organisation } hat diese Mail geschickt, weil jemand am { $at } auf unserer Seite angegeben hat, das Passwort Ihres Kontos { $id } sei vergessen.
mail-reset-what = Hier können Sie es festlegen:
mail-reset-button = Neues Passwort festlegen
mail-reset-until = Der Link gilt einmal, bis { $until }, { $minutes ->
    [0] weniger als eine Minute
    [one] eine Minute
   *[other] { $minutes } Minuten
} lang.
mail-reset-not-you = Haben Sie das nicht angefordert? Bisher wurde nichts geändert. Sagen Sie es uns hier, dann funktioniert der Link oben nicht mehr:
mail-reset-link-as-text = Wenn die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:

## Die Nachricht nach dem Zurücksetzen

mail-changed-subject = { $organisation }: Ihr Passwort wurde geändert
mail-changed-preview = Um { $at }. Wenn Sie das nicht waren, sagen Sie uns bitte sofort Bescheid.
mail-changed-why = { $organisation } hat diese Mail geschickt, weil das Passwort Ihres Kontos { $id } um { $at } geändert wurde.
mail-changed-not-you = Wenn Sie das nicht waren, kann sich jetzt jemand anderes mit Ihrem Konto anmelden. Sagen Sie es uns hier, und melden Sie sich sofort bei uns:
mail-objection = Das war ich nicht
mail-changed-sign-in = Hier melden Sie sich an:
mail-changed-button = Anmelden

## Die Nachricht, dass ein Link übergeben wurde

mail-handed-over-subject = { $organisation }: Ein Link für ein neues Passwort ging an den Helpdesk
mail-handed-over-preview = Er gilt einmal, bis { $until }. Wenn Sie davon nichts wissen, sagen Sie uns bitte sofort Bescheid.
mail-handed-over-why = { $organisation } hat diese Mail geschickt, weil um { $at } ein Link, mit dem sich für Ihr Konto { $id } ein neues Passwort festlegen lässt, dem Helpdesk übergeben wurde. Der Helpdesk gibt ihn an Sie weiter.
mail-handed-over-until = Der Link gilt einmal, bis { $until }, { $minutes ->
    [0] weniger als eine Minute
    [one] eine Minute
   *[other] { $minutes } Minuten
} lang.
mail-handed-over-not-you = Wenn Sie deswegen nicht mit dem Helpdesk in Verbindung stehen, sagen Sie uns bitte sofort Bescheid: Vielleicht versucht jemand anderes, in Ihr Konto zu gelangen.

## Die Testmail

mail-test-subject = { $organisation }: Testmail
mail-test-preview = Mails können gesendet werden. Sonst ist nichts geschehen.
mail-test-why = { $organisation } hat diese Mail geschickt, weil jemand die Einstellungen für Mails prüft: Sie stimmen. Es wurde kein Passwort zurückgesetzt, und Sie müssen nichts tun.

## Das Ende jeder Mail

mail-support = Unsere Hilfe:
mail-automatic = Diese Mail wurde automatisch versandt.

## Zeiten

mail-time-today = { $time } Uhr ({ $zone })
mail-time-on = { $time } Uhr ({ $zone }) am { $date }
mail-date =
    { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year }
