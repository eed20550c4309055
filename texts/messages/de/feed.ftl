# Der Audit-Kanal: ein Satz für jedes Ereignis, für alle, die den Kanal lesen dürfen. Keine Links, keine vollständigen Adressen.

feed-issued = { $admin } hat einen Link für { $id } ausgestellt.
feed-issued-approved = Für { $admin } wurde mit Zustimmung einer zweiten Person ein Link für { $id } ausgestellt.
feed-mailed = Der Link für { $id } wurde an { $to } gemailt: angenommen von { $server }.
feed-mail-delayed = Der Mailserver nimmt den Link für { $id } an { $to } noch nicht an: { $answer }. Es wird weiter versucht.
feed-handed-over = Der Link für { $id } ging an { $admin }: { $reasons }.
feed-withheld = Der Link für { $id }, um den { $admin } gebeten hatte, ging an niemanden: { $reasons }.
feed-reason-no-server = kein Mailserver eingerichtet
feed-reason-no-email = keine primäre E-Mail-Adresse
feed-reason-sharing-undecided = unbekannt, ob E-Mail-Adresse mehreren gehört
feed-reason-shared = E-Mail-Adresse gehört mehreren
feed-reason-failed = die Mail ist gescheitert
feed-reason-unknown = der Mailserver verstummte
feed-reason-instead = in der Hand gewünscht
feed-reason-other = ein anderer Grund
feed-requested = { $admin } bat um einen Link für { $id }, dem eine zweite Person zustimmen muss.
feed-approved = { $second } hat der Anfrage von { $admin } für { $id } zugestimmt.
feed-declined = { $second } hat die Anfrage von { $admin } für { $id } abgelehnt.
feed-lapsed = Die Anfrage von { $admin } für { $id } ist verfallen: Niemand hat geantwortet.
feed-not-posted = Die Anfrage von { $admin } für { $id } ließ sich nicht dort stellen, wo eine zweite Person sie sähe.
feed-requester-may-no-longer = Die Anfrage von { $admin } für { $id } ist hinfällig: Dort dürfen keine Links mehr ausgestellt werden.
feed-request-revoked = Die Anfrage von { $admin } für { $id } ist hinfällig: Alle Links des Kontakts wurden zurückgezogen.
feed-request-interrupted = Der Anfrage von { $admin } für { $id } wurde zugestimmt, und der Bot wurde unterbrochen, bevor er einen Link ausstellte.
feed-request-contact-changed = Die Anfrage von { $admin } für { $id } wurde geschlossen: Passwort oder E-Mail-Adresse des Kontakts hatten sich seither geändert.
feed-request-came-to-nothing = Der Anfrage von { $admin } für { $id } wurde zugestimmt, und dann ließ sich kein Link ausstellen.
feed-request-asked-again = Der Anfrage von { $admin } für { $id } wurde als E-Mail zugestimmt, die sich nicht senden ließ: Eine zweite Person wird noch einmal gefragt.
feed-help-requested = { $id } bittet um Hilfe mit einem vergessenen Passwort (auf der Seite; das kann jeder getippt haben).
feed-help-not-asked = { $id } bittet um Hilfe mit einem vergessenen Passwort (auf der Seite); so viele haben das innerhalb der Stunde getan, dass der Helpdesk nicht gefragt wird.
feed-help-dismissed = { $admin } hat die Bitte um Hilfe von { $id } verworfen.
feed-help-lapsed = Niemand hat die Bitte um Hilfe von { $id } beantwortet.
feed-help-not-posted = Die Bitte um Hilfe von { $id } konnte nicht gestellt werden: Kein Chat hat sie angenommen.
feed-denied-not-allowed = Abgelehnt: { $admin } darf keine Links ausstellen.
feed-denied-no-such-contact = Abgelehnt: { $admin } fragte nach einem Kontakt, den es nicht gibt.
feed-denied-cannot-be-reset = Abgelehnt: { $admin } fragte nach einem Link für einen Kontakt, dessen Passwort sich nicht setzen lässt.
feed-denied-ambiguous = Abgelehnt: { $admin } fragte nach einer Kennung, die mehrere Kontakte haben.
feed-denied-limit-admin = Abgelehnt: { $admin } hat die Höchstzahl an Links innerhalb einer Stunde erreicht.
feed-denied-limit-contact = Abgelehnt: Für { $id } gab es schon die Höchstzahl an Links innerhalb von 15 Minuten; { $admin } bat um einen weiteren.
feed-denied-protected = Abgelehnt: { $admin } bat um einen Link für { $id }, der geschützt ist.
feed-denied-own-request = Abgelehnt: { $admin } wollte der eigenen Anfrage für { $id } zustimmen.
feed-denied-not-their-link = Abgelehnt: { $admin } wollte einen Link für { $id } in der Hand haben, den jemand anderes hat mailen lassen.
feed-denied-in-bulk = { $count ->
        [one] Ein weiterer Befehl von { $admin } wurde binnen einer Minute abgelehnt.
       *[other] { $count } weitere Befehle von { $admin } wurden binnen einer Minute abgelehnt.
    }
feed-request-refused = Abgelehnt: Eine Anfrage, die von { $platform } kommen wollte, kam nicht von dort.
feed-request-replayed = Abgelehnt: Eine Anfrage von { $platform } kam ein zweites Mal.
feed-redeemed = { $id } hat mit einem Link, den { $admin } ausgestellt hatte, das Passwort neu gesetzt.
feed-unsettled = Der Link für { $id }, den { $admin } ausgestellt hatte, gilt als benutzt; ob das Passwort gesetzt wurde, ist nicht bekannt.
feed-refused-used = Ein benutzter Link für { $id } wurde noch einmal versucht.
feed-refused-withdrawn = Ein zurückgezogener Link für { $id } wurde versucht.
feed-refused-overtaken = Ein Link für { $id } wurde versucht, nachdem sich Passwort oder E-Mail-Adresse geändert hatten.
feed-refused-ledger = Ein Link für { $id } wurde versucht, der älter ist als das Verzeichnis benutzter Links.
feed-refused-directory = Das Kontaktverzeichnis hat ein neues Passwort von { $id } abgelehnt.
feed-revocation-received = Links von { $id } sind zurückgezogen.
feed-changed = { $id } hat das eigene Passwort geändert und kannte das alte.
feed-objected = ⚠ { $id } sagt, nichts verlangt zu haben: Die Links sind zurückgezogen. Ausgestellt hatte sie { $admin }. Bitte klären, wer das war.
feed-revoked = { $admin } hat alle Links von { $id } zurückgezogen, die noch galten.
feed-link-revoked = { $admin } hat einen Link für { $id } zurückgezogen.
feed-link-in-progress = { $admin } hat einen Link für { $id } zurückgezogen, während jemand damit ein Passwort setzte.
feed-link-redeemed = { $admin } wollte einen Link für { $id } zurückziehen, der schon benutzt war.
feed-searched = { $admin } hat { $count ->
        [one] einmal
       *[other] { $count }-mal
    } nach Kontakten gesucht{ $refused ->
        [0] .
       *[other] ; { $refused } davon abgelehnt.
    }
feed-protects-nobody = Achtung: contacts.protected nennt { $entry }, und kein Kontakt hat diese Kennung, so dass niemand dadurch geschützt ist. Bitte die Einstellung berichtigen.
