# Was Admins im Chat lesen. Jede Antwort sagt, was geschehen ist, bis wann etwas gilt, und wie sich beheben lässt, was nicht stimmt.

## Ein Link wurde ausgestellt

chat-mailed = Per E-Mail an { $who } unter { $to }: angenommen von { $server }. Der Link gilt einmal, bis { $until }. Angenommen heißt nicht zugestellt: Kommt in den nächsten Minuten nichts an, lassen Sie bitte im Ordner für unerwünschte Mails nachsehen.
chat-delayed = Der Mailserver nimmt die Mail an { $who } unter { $to } noch nicht an: { $answer }. Es wird bis { $until } weiter versucht, und Sie erfahren, was daraus geworden ist.
chat-mailed-outbox = Die Mail liegt in { $file }. Darin steht:
chat-hand-over = Vergewissern Sie sich, dass Sie wirklich mit { $who } sprechen, und geben Sie dann diesen Link weiter. Er gilt einmal, bis { $until }.
chat-hand-over-direct = Der Link steht in einer Direktnachricht an Sie. Er funktioniert einmal, bis { $until }.
chat-not-handed-over = Es hat Sie keine Direktnachricht erreicht, und anders geht ein Link hier nicht hinaus, deshalb ist der Link für { $id } zurückgezogen. Sorgen Sie dafür, dass der Bot Ihnen schreiben darf, und fragen Sie noch einmal.
chat-not-handed-over-good = Es hat Sie keine Direktnachricht erreicht, und anders geht ein Link hier nicht hinaus. Der Link für { $id } ließ sich nicht zurückziehen: Tun Sie das mit /reset-revoke. Sorgen Sie dann dafür, dass der Bot Ihnen schreiben darf, und fragen Sie noch einmal.

## Warum nicht per E-Mail

chat-reason-no-server = Nicht per E-Mail: Es ist kein Mailserver eingerichtet.
chat-reason-no-email = Nicht per E-Mail: { $who } hat keine primäre E-Mail-Adresse.
chat-reason-shared = Nicht per E-Mail: Die primäre E-Mail-Adresse von { $who } hat auch { $count ->
        [one] ein weiterer Kontakt
       *[other] { $count } weitere Kontakte
    }: { $others }.
chat-reason-sharing-undecided = Nicht per E-Mail: Ob auch andere die primäre E-Mail-Adresse von { $who } haben, ließ sich nicht feststellen.
chat-reason-failed = Nicht per E-Mail: Der Versand ist fehlgeschlagen ({ $answer }).
chat-reason-unknown = Vielleicht nicht per E-Mail: Der Mailserver ist verstummt ({ $answer }). Die Mail kann noch ankommen; sie enthält denselben Link.

## Wie es sich beheben lässt

chat-cure-no-server = Abhilfe: den Abschnitt [mail] in der Konfigurationsdatei ausfüllen, mit `reset-link mail test ADRESSE` prüfen, neu starten.
chat-cure-no-email = Abhilfe: im Kontaktverzeichnis eine eigene E-Mail-Adresse des Kontakts eintragen.
chat-cure-sharing-undecided = Abhilfe: `reset-link contacts check` sagt, was dem Kontaktverzeichnis dafür fehlt.
chat-cure-shared = Abhilfe: jedem dieser Kontakte im Kontaktverzeichnis eine eigene E-Mail-Adresse geben.
chat-cure-failed = Abhilfe: den Mailserver mit `reset-link mail test ADRESSE` prüfen; das sagt, welcher Schritt scheitert und was meist hilft.
chat-cure-unknown = Abhilfe: den Mailserver mit `reset-link mail test ADRESSE` prüfen und in sein Protokoll sehen.

## Kein Link

chat-hand-over-off = Sie haben keinen Link bekommen: In dieser Organisation werden keine Links weitergegeben.
chat-not-allowed = Das dürfen Sie hier nicht. In der Konfigurationsdatei kann Ihr Name auf die Liste der Berechtigten gesetzt werden.
chat-no-such-contact = Kein aktiver Kontakt hat diese Kennung. Prüfen Sie die Schreibweise; eine Kennung mit Leerzeichen steht in Anführungszeichen: /reset-link contact:"KENNUNG"
chat-near = Vielleicht meinen Sie: { $near }
chat-shell-no-such-contact = Kein aktiver Kontakt hat diese Kennung. Bitte die Schreibweise prüfen; eine Kennung mit Leerzeichen gehört in Anführungszeichen.
chat-shell-near = Vielleicht meinen Sie:
chat-other-hash = Kein Link: Das Passwort von { $who } ist in einer anderen Form gespeichert, als reset-link schreiben soll, und bleibt unangetastet. Wer die Anwendung betreut, findet mit `reset-link contacts check` die Abhilfe.
chat-no-change-time = Kein Link: Das Verzeichnis sagt nicht, wann das Passwort von { $who } zuletzt gesetzt wurde; ein Link wäre von einem älteren nicht zu unterscheiden. Wer das Verzeichnis betreut, lässt den Server diesen Zeitpunkt festhalten (OpenLDAP durch ppolicy, 389 Directory Server durch passwordTrackUpdateTime) und setzt dann einmal mit dessen eigenen Werkzeugen ein Passwort.
chat-ambiguous = Mehr als ein Kontakt hat eine solche Kennung: { $ids }. Geben Sie die Kennung genau so ein, wie sie im Kontaktverzeichnis steht.
chat-ambiguous-hidden = Mehrere Kontakte haben eine solche Kennung: { $ids }. Sie unterscheiden sich in Zeichen, die niemand sieht (hier ausgeschrieben); wer gemeint ist, kann niemand sagen. Wer das Kontaktverzeichnis pflegt, kann einem von ihnen eine andere Kennung geben.
chat-limit-admin = Sie haben innerhalb einer Stunde { $limit } Links angefordert; mehr sind nicht erlaubt. Wieder ab { $again }.
chat-limit-contact = Für { $id } wurden innerhalb von 15 Minuten { $limit } Links ausgestellt; mehr sind nicht erlaubt. Wieder ab { $again }. Der neueste Link, der noch gilt, lässt sich weiter benutzen.
chat-directory-unusable = Kein Link: Das Kontaktverzeichnis antwortet, aber nicht so, dass sich damit etwas anfangen lässt. Ein neuer Versuch hilft nicht: Wer reset-link betreibt, findet Ursache und Abhilfe in dessen Protokoll.
chat-directory-unavailable = Das Kontaktverzeichnis antwortet nicht, deshalb wurde kein Link ausgestellt. Versuchen Sie es in einer Minute noch einmal; Einzelheiten stehen im Protokoll.
chat-audit-unavailable = Das Audit lässt sich nicht schreiben, deshalb verlässt kein Link das Haus. Die Platte muss geprüft werden; Einzelheiten stehen im Protokoll.
chat-audit-unsound = Das Audit ist nicht mehr, wie es geschrieben wurde: Zeile { $line } von { $file } passt nicht zu dem, was davor steht. Bis sich jemand vom Betrieb das angesehen hat, wird kein Link ausgestellt und keiner genehmigt; zurückziehen lassen sich Links weiterhin. Abhilfe: `reset-link audit verify` sagt, was dort nicht stimmt. Die Datei als Beweis aufheben, wegbewegen und neu starten: Ein neues Audit beginnt.
chat-clock-behind = Die Uhr dieses Rechners ist zurückgegangen, deshalb wurde für diesen Kontakt kein Link ausgestellt. Die Uhr muss gestellt werden.
chat-binding-secrets-differ = Es wurde kein Link ausgestellt, denn keiner würde funktionieren: Bot und Redeem-Server haben verschiedene Bindungsgeheimnisse. Beide müssen dieselbe Datei bekommen (keys.binding_secret_file) und neu gestartet werden.
chat-cannot-mint = Der Link ließ sich nicht ausstellen. Einzelheiten stehen im Protokoll.

## Stand

chat-status-none = { $who }: Es wurde noch kein Link ausgestellt.
chat-status = { $who }: { $count ->
        [one] Ein Link wurde ausgestellt.
       *[other] { $count } Links wurden ausgestellt, die neuesten zuerst:
    }
chat-status-link = • { $issued }, Link { $link }, von { $admin }, { $way }: { $fate }
chat-way-mailed = per E-Mail an { $to }
chat-way-handed-over = übergeben
chat-way-delayed = vom Mailserver zunächst nicht angenommen
chat-way-none = nicht zugestellt
chat-fate-outstanding = offen bis { $until }
chat-fate-expired-at = nicht benutzt, abgelaufen um { $at }
chat-fate-expired = nicht rechtzeitig benutzt
chat-fate-good = gilt noch
chat-fate-redeemed = benutzt um { $at }, das neue Passwort ist gesetzt
chat-fate-unsettled = gilt seit { $at } als benutzt; ob das Passwort gesetzt wurde, ist nicht bekannt
chat-fate-withdrawn = zurückgezogen um { $at }
chat-fate-overtaken = hinfällig, seit sich Passwort oder E-Mail-Adresse geändert hat (bemerkt um { $at })
chat-fate-ledger = hinfällig, seit der Einlöse-Server ein neues Ledger begonnen hat (bemerkt um { $at })

## Zurückziehen

chat-revoked = Alle noch gültigen Links von { $who } sind zurückgezogen.
chat-revoked-in-progress = Alle noch gültigen Links von { $who } sind zurückgezogen, aber mit einem davon wird gerade ein Passwort gesetzt. /reset-status sagt, was daraus geworden ist.
chat-revocation-unavailable = Der Redeem-Server antwortet nicht, deshalb ist nichts sicher: Die Links können noch gelten. Versuchen Sie es in einer Minute noch einmal.

## Eine zweite Person

chat-waiting = Erst muss eine zweite Person zustimmen; sie ist gefragt. Sie hören von mir. Ohne Antwort verfällt die Anfrage { $until }.
chat-waiting-mail = Erst muss eine zweite Person zustimmen; sie ist gefragt. Der Link ginge per E-Mail an { $to }. Sie hören von mir. Ohne Antwort verfällt die Anfrage { $until }.
chat-protected = { $who } ist geschützt: Niemand bekommt allein einen Link dafür.
chat-question = { $admin } bittet um einen Link, mit dem { $who } das Passwort neu setzt.
chat-question-hand-over = Stimmen Sie nur zu, wenn Sie mit { $admin } gesprochen haben. Der Link wird dann ausgestellt und nur dort gezeigt. Ohne Antwort verfällt die Anfrage { $until }.
chat-question-mail = Stimmen Sie nur zu, wenn Sie mit { $admin } gesprochen haben und { $to } die Adresse des Kontakts ist. Der Link wird dann ausgestellt und dorthin gemailt. Ohne Antwort verfällt die Anfrage { $until }.
chat-question-over = { $admin } bat um einen Link, mit dem { $id } das Passwort neu setzt.
chat-request-open = Die Anfrage ist offen.
chat-request-approved = Zugestimmt hat { $admin }.
chat-request-declined = Abgelehnt hat { $admin }.
chat-request-lapsed = Niemand hat rechtzeitig geantwortet: Die Anfrage ist verfallen.
chat-request-not-posted = Die Anfrage ließ sich nicht stellen.
chat-no-such-request = Diese Anfrage ist zu alt. Wer den Link wollte, muss noch einmal fragen.
chat-own-request = Das ist Ihre eigene Anfrage: Eine zweite Person muss zustimmen, von welchem Konto auch immer Sie drücken.
chat-approved-handed-over = Zugestimmt: { $admin } hat den Link für { $who }.
chat-approved-delayed = Zugestimmt: Der Link für { $who } soll per E-Mail gehen, und der Mailserver nimmt ihn noch nicht an. Es wird weiter versucht; { $admin } erfährt, was daraus geworden ist.
chat-approved-mailed = Zugestimmt: Der Link, um den { $admin } gebeten hat, ist an { $who } gemailt.
chat-approved-not-brought = Zugestimmt, aber { $admin } war nicht zu erreichen, deshalb ist der Link für { $who } zurückgezogen. Es muss noch einmal gefragt werden.
chat-approved-refused = Zugestimmt, aber der Link, um den { $admin } gebeten hat, ließ sich für { $who } nicht ausstellen. Wer noch einmal fragt, liest den Grund.
chat-approved = Eine zweite Person hat Ihrer Anfrage zugestimmt.
chat-approved-not-withdrawn = Zugestimmt, aber { $admin } war nicht zu erreichen, und der Link für { $who } ließ sich nicht zurückziehen. Ziehen Sie ihn mit /reset-revoke zurück; es muss noch einmal gefragt werden.
chat-approved-asked-again = Zugestimmt, aber der Link für { $who } lässt sich nicht mailen, und nach einer Weitergabe wurden Sie nicht gefragt. Eine neue Anfrage fragt danach.
chat-try-again = Es ließ sich nicht feststellen, wer das jetzt darf, deshalb ist nichts geschehen. Versuchen Sie es in einer Minute noch einmal.
chat-mailed-link-over = Der gemailte Link steht nicht mehr aus, deshalb wurde kein anderer ausgestellt. /reset-status sagt, was daraus geworden ist.
chat-request-requester = Wer gefragt hat, darf keine Links mehr ausstellen: Die Anfrage ist hinfällig.
chat-request-revoked = Alle Links des Kontakts wurden zurückgezogen, und mit ihnen diese Anfrage.
chat-request-interrupted = Der Bot wurde unterbrochen, bevor er den Link ausstellen konnte. Wer ihn wollte, muss noch einmal fragen.
chat-request-contact-changed = Passwort oder E-Mail-Adresse des Kontakts haben sich geändert, seit gefragt wurde: Die Anfrage ist geschlossen.
chat-request-refused = Es wurde zugestimmt, und dann ließ sich kein Link ausstellen.
chat-request-asked-again = Es wurde einer E-Mail zugestimmt, die sich nicht senden ließ. Eine andere Anfrage fragt nach einer Weitergabe.
chat-contact-changed = Passwort oder E-Mail-Adresse von { $who } haben sich geändert, seit gefragt wurde: Die Anfrage ist geschlossen, und es wurde kein Link ausgestellt. Es muss noch einmal gefragt werden.
chat-contact-changed-asked-again = Passwort oder E-Mail-Adresse von { $who } haben sich geändert, seit gefragt wurde: Die Anfrage ist geschlossen, und es wurde kein Link ausgestellt. Eine neue Anfrage fragt mit dem, was jetzt gilt: Sehen Sie die Adresse an, bevor Sie zustimmen.
chat-waiting-instead = Er wurde an { $who } gemailt; jetzt wird er in der Hand gewünscht. Der gemailte Link gilt, bis jemand zustimmt.
chat-waiting-unknown = Vielleicht nicht gemailt: Der Mailserver verstummte ({ $answer }). Der Link in dieser Mail ist zurückgezogen.
chat-waiting-unknown-not-withdrawn = Vielleicht nicht gemailt: Der Mailserver verstummte ({ $answer }). Die Mail kann noch ankommen, und ihr Link ließ sich bisher nicht zurückziehen: Bis { $until } gilt er. Er wird zurückgezogen, sobald der laufende Bot die Einlöseseite erreicht; /reset-revoke contact:{ $id } im Chat tut es sofort.
chat-declined = Abgelehnt: { $admin } bekommt keinen Link für { $id }.
chat-protected-refused = { $who } ist geschützt: Dafür wird kein Link ausgestellt. Stattdessen kann eine zweite Person gefragt werden (links.for_protected).
chat-needs-approval = Diesem Link muss eine zweite Person zustimmen, und auf der Kommandozeile lässt sich darauf nicht warten. Fragen Sie im Chat.
chat-nobody-to-ask = Diesem Link muss eine zweite Person zustimmen, und niemand ließ sich fragen: Kein Chat nahm die Frage an. Es wurde kein Link ausgestellt; Einzelheiten stehen im Protokoll.
chat-button-approve = Zustimmen
chat-button-decline = Ablehnen

## Der Helpdesk wird gefragt, von einem Kontakt auf der Seite für vergessene Passwörter

chat-somebody-on-the-page = jemand auf der Seite
chat-help-question = Jemand gibt sich auf der Seite für vergessene Passwörter als { $who } aus. Das kann jeder getippt haben.
chat-help-to = Ein Link ginge per E-Mail an { $to }.
chat-help-next = Ein Link wird im Namen dessen ausgestellt, der drückt oder /reset-link contact:{ $id } tippt. Geben Sie ihn nur der Person selbst. Ohne Antwort verfällt die Anfrage um { $until }.
chat-help-question-over = { $id } hat um Hilfe mit einem vergessenen Passwort gebeten.
chat-help-answered = { $admin } hat sich darum gekümmert.
chat-help-was-dismissed = Verworfen von { $admin }.
chat-help-dismissed = Verworfen: Für { $id } wird kein Link ausgestellt.
chat-help-served = Inzwischen ist ein neues Passwort gesetzt.
chat-help-lapsed = Innerhalb der Stunde hat niemand geantwortet. Auf der Seite stand, dass sie sich melden sollen.
chat-help-flood = { $count } Kontakte haben innerhalb der Stunde um Hilfe mit einem vergessenen Passwort gebeten. Bis { $until } wird hier nach niemand anderem gefragt; das Audit nennt, wer fragt. Vielleicht tippt jemand fremde Namen in die Seite.
chat-reason-in-hand = Nicht per E-Mail: Sie wollten den Link für { $who } in die Hand. Die Person bekommt einen Hinweis.
chat-button-send = Link schicken
chat-button-hand = Link an mich
chat-button-dismiss = Verwerfen
chat-news-objected = ⚠ { $id } sagt, den Link nicht verlangt zu haben, den Sie ausgestellt haben. Die Links sind zurückgezogen. Klären Sie, wer Sie darum gebeten hat.

## Knöpfe unter einem Link

chat-button-revoke = Zurückziehen
chat-button-instead = Link stattdessen mir geben
chat-link-withdrawn = Der Link für { $id } ist zurückgezogen.
chat-link-in-progress = Der Link für { $id } ist zurückgezogen, aber in diesem Augenblick setzt jemand damit ein Passwort. /reset-status sagt, was daraus geworden ist.
chat-link-redeemed = Zu spät: Der Link für { $id } ist schon benutzt.
chat-link-over = Dieser Link gilt nicht mehr: { $fate }.
chat-message-over = Der Link für { $id }, der hier stand, gilt nicht mehr: { $fate }.
chat-not-their-link = Nur wer einen Link hat mailen lassen, kann ihn stattdessen bekommen.
chat-instead-off = Diesen Link können Sie nicht stattdessen bekommen: In Ihrer Organisation oder für diesen Kontakt ist das nicht erlaubt.
chat-being-done = Das geschieht gerade schon.
chat-reason-instead = Nicht gemailt: Sie wollten den Link für { $who } in der Hand haben. Der gemailte Link ist zurückgezogen, und der Kontakt wird benachrichtigt.

## Irrtümer

chat-mistake-command = Diesen Befehl gibt es nicht. Meinten Sie { $command }? So geht er: { $command } contact:KENNUNG
chat-mistake-no-contact = Für wen? So geht es: { $command } contact:KENNUNG
chat-mistake-quote = Ein Anführungszeichen wurde geöffnet und nicht geschlossen. So geht es: { $command } contact:"KENNUNG MIT LEERZEICHEN"
chat-mistake-words = Das ist mehr als ein Wort. Eine Kennung mit Leerzeichen steht in Anführungszeichen: { $command } contact:"KENNUNG MIT LEERZEICHEN"
chat-mistake-link = Das ist ein Link, der einen Text zeigt und zu einem anderen führt; wer gemeint ist, kann niemand sagen. Schreiben Sie die Kennung selbst: { $command } contact:KENNUNG
chat-mistake-too-long = Das ist länger als jede Kennung. So geht es: { $command } contact:KENNUNG
chat-not-mine = Das versteht hier niemand. /help sagt, was es gibt.
chat-help =
    /reset-link contact:KENNUNG       einen Link ausstellen, mit dem der Kontakt sein Passwort neu setzt; er geht per E-Mail an den Kontakt, oder an Sie
    /reset-status contact:KENNUNG     was aus den Links des Kontakts geworden ist
    /reset-revoke contact:KENNUNG     die noch gültigen Links des Kontakts zurückziehen
    /help                             diese Übersicht
chat-help-mail = {""}/mail on, /mail off               E-Mail geht ab jetzt in einen Ordner; wieder kein Mailserver
chat-help-quit = {""}/quit                             reset-link beenden

## Ungefragt

chat-news-redeemed = { $id } hat Ihren Link benutzt: Seit { $at } ist ein neues Passwort gesetzt.
chat-news-declined = { $admin } hat Ihre Anfrage nach einem Link für { $id } abgelehnt.
chat-news-ask-again = Aus Ihrer Anfrage nach einem Link für { $id } ist nichts geworden: Der Bot wurde unterbrochen, oder die Links des Kontakts wurden zurückgezogen. Kein Link gilt; fragen Sie noch einmal, wenn noch einer gebraucht wird.
chat-news-lapsed = Auf Ihre Anfrage nach einem Link für { $id } hat niemand rechtzeitig geantwortet. Fragen Sie noch einmal, wenn er noch gebraucht wird.
chat-news-not-shown = Ein Link für { $id }, der für Sie war, ließ sich Ihnen nicht zeigen und wurde deshalb zurückgezogen. Fragen Sie noch einmal, wenn er noch gebraucht wird.
chat-news-mailed = Eine zweite Person hat Ihrer Anfrage zugestimmt, und der Link für { $id } ist gemailt.
chat-news-mail-accepted = Der Mailserver hat die Mail an { $id } jetzt angenommen. Angenommen heißt nicht zugestellt: Kommt in den nächsten Minuten nichts an, lassen Sie bitte im Ordner für unerwünschte Mails nachsehen.
chat-news-refused = Eine zweite Person hat Ihrer Anfrage zugestimmt, aber für { $id } ließ sich kein Link ausstellen. Fragen Sie noch einmal, dann lesen Sie den Grund.
chat-news-contact-changed = Ihre Anfrage nach einem Link für { $id } wurde geschlossen: Passwort oder E-Mail-Adresse haben sich seither geändert. Fragen Sie noch einmal, wenn ein Link noch gebraucht wird.
chat-news-asked-again = Eine zweite Person wird noch einmal nach einem Link für { $id } gefragt: Es ist nicht mehr das, wonach sie zuvor gefragt war. Sie hören von mir.
