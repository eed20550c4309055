# Was Kontakte in ihrer Post lesen. Schlicht und ruhig: Wer das liest, ist in Sorge oder in Eile.

mail-greeting = Guten Tag { $name },
mail-greeting-nameless = Guten Tag,

## Die Mail mit dem Link

mail-reset-subject = { $organisation }: neues Passwort festlegen
mail-reset-why = Der Helpdesk von { $organisation } hat diese E-Mail veranlasst, weil Sie dort gesagt haben, dass Sie sich nicht anmelden können.
mail-reset-what = Mit diesem Link können Sie ein neues Passwort für Ihr Konto { $id } festlegen:
mail-reset-button = Neues Passwort festlegen
mail-reset-until = Der Link gilt einmal, bis { $until }.
mail-reset-not-you = Wenn Sie das nicht veranlasst haben, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist, und der Link verfällt von selbst. Geben Sie ihn nicht weiter. Bitte sagen Sie uns Bescheid, denn jemand hat in Ihrem Namen gefragt.
mail-reset-link-as-text = Wenn die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:

## Die Nachricht nach dem Zurücksetzen

mail-changed-subject = { $organisation }: Ihr Passwort wurde geändert
mail-changed-what = Das Passwort Ihres Kontos { $id } wurde geändert: um { $at }.
mail-changed-you = Wenn Sie das waren, müssen Sie nichts tun.
mail-changed-not-you = Wenn Sie das nicht waren, kann sich jetzt jemand anderes mit Ihrem Konto anmelden. Bitte sagen Sie uns sofort Bescheid.
mail-changed-sign-in = Hier melden Sie sich an:
mail-changed-button = Anmelden

## Die Nachricht, dass ein Link übergeben wurde

mail-handed-over-subject = { $organisation }: Ein Link für ein neues Passwort ging an den Helpdesk
mail-handed-over-what = Um { $at } wurde ein Link, mit dem sich das Passwort Ihres Kontos { $id } neu festlegen lässt, dem Helpdesk von { $organisation } übergeben, weil er Ihnen nicht per E-Mail geschickt werden konnte. Der Helpdesk gibt ihn an Sie weiter.
mail-handed-over-until = Der Link gilt einmal, bis { $until }.
mail-handed-over-not-you = Wenn Sie deswegen nicht mit dem Helpdesk in Verbindung stehen, versucht vielleicht jemand anderes, in Ihr Konto zu gelangen. Bitte sagen Sie uns sofort Bescheid.

## Die Testmail

mail-test-subject = { $organisation }: Testmail
mail-test-what = Dies ist ein Test: { $organisation } kann mit diesen Einstellungen E-Mails senden. Es wurde kein Passwort zurückgesetzt, und Sie müssen nichts tun.

## Das Ende jeder Mail

mail-support = Unsere Hilfe:
mail-automatic = Diese E-Mail wurde automatisch versandt.

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
