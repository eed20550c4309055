# Alle Texte der Seiten, Deutsch (Sie).

## Um jede Seite herum

help-title = Brauchen Sie Hilfe?

## Das Formular

form-title = Neues Passwort wählen
form-title-error = Fehler: { form-title }
form-for = Konto
form-until = Diese Seite gilt einmal, bis { $time }{ "\u00A0" }Uhr ({ $zone }), noch { $minutes ->
    [0] weniger als eine Minute
    [one] eine Minute
   *[other] { $minutes } Minuten
}.
password-hint = Mindestens { $min } Zeichen und schwer zu erraten, etwa einige Wörter, die nichts miteinander zu tun haben. Nicht Ihr Name, Ihre Kennung oder Ihre Mailadresse.
form-not-before = Ihr Passwort wurde erst vor Kurzem geändert, und noch wird kein anderes angenommen. Möglich ist das ab { $time }.
form-not-before-too-late = Bis dahin ist dieser Link abgelaufen: Bitte fordern Sie dann einen neuen an.
password-hint-kinds = Es braucht mindestens { $min ->
    [2] zwei
    [3] drei
    [4] vier
   *[other] { $min }
} davon: Kleinbuchstaben, Großbuchstaben, Ziffern und andere Zeichen (wie{ "\u00A0" }-{ "\u00A0" }oder{ "\u00A0" }!).
password-hint-history = { $count ->
    [one] Nicht das Passwort, das Sie zuvor hatten.
   *[other] Keines Ihrer letzten { $count } Passwörter.
}
password-hint-max = Höchstens { $max } Zeichen; Umlaute und Emojis zählen mehrfach.
length-so-far = { $count } von mindestens { $min } Zeichen
length-enough = { $count } Zeichen
offer-title = Keine Idee? Ein Vorschlag
offer-text = Es ist eben erst zufällig entstanden, nur für Sie. Bewahren Sie es in Ihrem Passwortmanager auf, oder schreiben Sie es sich auf.
offer-use = Dieses verwenden
password-label = Neues Passwort
confirm-label = Dasselbe Passwort noch einmal
reveal-label = Anzeigen, was ich eingebe
form-submit = Neues Passwort festlegen

## Das Formular noch einmal, mit allem, was nicht stimmt

errors-title = { $count ->
    [one] Ihr neues Passwort ist noch nicht festgelegt
   *[other] Ihr neues Passwort ist noch nicht festgelegt, aus { $count } Gründen
}
errors-text = Ihr Link gilt weiterhin. Beide Felder sind wieder leer.
error-empty = Geben Sie ein neues Passwort ein.
error-too-short = Zu kurz: Nehmen Sie mindestens { $min } Zeichen.
error-too-few-kinds = Zu wenige Arten von Zeichen: Nehmen Sie mindestens { $min ->
    [2] zwei
    [3] drei
    [4] vier
   *[other] { $min }
} davon: Kleinbuchstaben, Großbuchstaben, Ziffern und andere Zeichen (wie{ "\u00A0" }-{ "\u00A0" }oder{ "\u00A0" }!).
error-too-long = Zu lang: Nehmen Sie höchstens { $max } Zeichen (Umlaute und Emojis zählen mehrfach).
error-unprintable = Es enthält einen Zeilenumbruch oder ein anderes Zeichen, das sich nicht überall eingeben lässt. Bitte lassen Sie es weg.
error-own-data = Es besteht vor allem aus Ihrem Namen, Ihrer Kennung oder Ihrer Mailadresse. Bitte wählen Sie etwas anderes.
error-weak = Zu leicht zu erraten.
error-weak-advice = Fügen Sie ein oder zwei Wörter hinzu, je seltener, desto besser.
error-confirm = Die beiden Passwörter waren nicht gleich. Geben Sie beide noch einmal ein.
error-directory = Dieses Passwort wurde nicht angenommen: { $reason }
error-directory-too-short = Dieses Passwort wurde nicht angenommen: Es ist zu kurz. Bitte wählen Sie ein längeres.
error-directory-too-long = Dieses Passwort wurde nicht angenommen: Es ist zu lang. Bitte wählen Sie ein kürzeres.
error-directory-too-simple = Dieses Passwort wurde nicht angenommen: Es ist zu leicht zu erraten. Mischen Sie Klein- und Großbuchstaben, Ziffern und andere Zeichen, und lassen Sie Ihren Namen weg.
error-directory-used-before = Dieses Passwort hatten Sie schon einmal. Bitte wählen Sie eines, das Sie hier noch nie hatten.
error-directory-too-recent = Ihr Passwort wurde erst vor Kurzem geändert, und noch wird kein anderes angenommen. Sie haben nichts falsch gemacht: Bitte versuchen Sie es später noch einmal, oder wenden Sie sich an uns.
error-directory-looks-hashed = Es beginnt mit einem Wort in geschweiften Klammern, wie {"{"}dieses{"}"}. Bitte beginnen Sie es mit etwas anderem.
error-directory-unexplained = Dieses Passwort wurde nicht angenommen, und wir haben nicht erfahren, warum. Bitte wählen Sie ein anderes.

## Rat der Stärkeschätzung

warning-straight-rows = Gerade Tastenreihen sind leicht zu erraten.
warning-keyboard-patterns = Kurze Tastaturmuster sind leicht zu erraten.
warning-repeats = Wiederholungen wie „aaa“ sind leicht zu erraten.
warning-repeated-groups = Wiederholungen wie „abcabcabc“ sind kaum schwerer zu erraten als „abc“.
warning-top-10 = Das ist eines der zehn häufigsten Passwörter.
warning-top-100 = Das ist eines der hundert häufigsten Passwörter.
warning-common = Das ist ein sehr häufiges Passwort.
warning-similar-to-common = Das ähnelt einem sehr häufigen Passwort.
warning-sequences = Folgen wie „abc“ oder „6543“ sind leicht zu erraten.
warning-recent-years = Jahreszahlen der letzten Zeit sind leicht zu erraten.
warning-single-word = Ein einzelnes Wort ist leicht zu erraten.
warning-dates = Datumsangaben sind oft leicht zu erraten.
warning-single-name = Ein einzelner Name ist leicht zu erraten.
warning-common-names = Häufige Namen sind leicht zu erraten.
advice-few-words = Nehmen Sie einige Wörter, aber keine geläufige Wendung.
advice-no-symbols-needed = Sonderzeichen, Ziffern oder Großbuchstaben sind nicht nötig.
advice-another-word = Fügen Sie ein oder zwei Wörter hinzu, je seltener, desto besser.
advice-capitals = Großbuchstaben helfen nur wenig.
advice-all-capitals = Nur Großbuchstaben sind fast so leicht zu erraten wie nur Kleinbuchstaben.
advice-reversed = Rückwärts geschriebene Wörter sind kaum schwerer zu erraten.
advice-substitutions = Ersetzungen wie „@“ für „a“ helfen nur wenig.
advice-longer-pattern = Nehmen Sie ein längeres Tastaturmuster mit mehr Richtungswechseln.
advice-no-repeats = Vermeiden Sie wiederholte Wörter und Zeichen.
advice-no-sequences = Vermeiden Sie Folgen.
advice-no-recent-years = Vermeiden Sie Jahreszahlen der letzten Zeit.
advice-no-own-years = Vermeiden Sie Jahreszahlen, die mit Ihnen zu tun haben.
advice-no-own-dates = Vermeiden Sie Daten und Jahreszahlen, die mit Ihnen zu tun haben.

## Ein vergessenes Passwort

forgot-title = Passwort vergessen?
forgot-title-error = Fehler: { forgot-title }
forgot-text = Sagen Sie uns, wer Sie sind. Wenn wir Sie kennen, schicken wir einen Link an die E-Mail-Adresse, die wir von Ihnen haben. Damit wählen Sie ein neues Passwort.
forgot-text-ask = Sagen Sie uns, wer Sie sind. Wenn wir Sie kennen, erfährt es unser Helpdesk und meldet sich bei Ihnen.
forgot-empty = Geben Sie Ihre E-Mail-Adresse oder Ihre Kennung ein.
forgot-submit = Link zuschicken
forgot-submit-ask = Um Hilfe bitten
contact-label = E-Mail-Adresse oder Kennung
asked-title = Bitte sehen Sie in Ihr Postfach
asked-title-ask = Wir haben es weitergegeben
asked-text = Wenn wir Sie kennen, ist eine Mail unterwegs. Das kann ein paar Minuten dauern.
asked-text-ask = Wenn wir Sie kennen, weiß unser Helpdesk Bescheid und meldet sich bei Ihnen.
asked-next = Nichts da, auch nicht im Spam-Ordner? Dann melden Sie sich bei uns.
asked-next-ask = Hat sich innerhalb einer Stunde niemand gemeldet? Dann melden Sie sich bei uns.

## „Das war ich nicht“

object-title = Waren Sie das nicht?
object-link = Am { $at } hat jemand einen Link verlangt, mit dem ein neues Passwort für Ihr Konto gesetzt werden kann. Er ging an Ihr Postfach.
object-link-does = Drücken Sie den Knopf, dann funktionieren dieser Link und alle vor ihm nicht mehr. Wir erfahren davon und klären, wer ihn verlangt hat. Ihr Passwort bleibt, wie es ist.
object-change = Am { $at } wurde ein neues Passwort für Ihr Konto gesetzt.
object-change-does = Drücken Sie den Knopf, dann erfahren wir sofort davon. Ihr früheres Passwort bringt das nicht zurück: Melden Sie sich bitte auch bei uns, damit wir Ihnen wieder hineinhelfen.
object-submit = Das war ich nicht
object-was-me = Wenn Sie es waren, ist nichts zu tun: Schließen Sie diese Seite.
objected-title = Danke, dass Sie es uns sagen
objected-text = Die Links, die bis dahin verschickt wurden, funktionieren nicht mehr, und wir wissen Bescheid.
objected-next = Wurde Ihr Passwort geändert, oder verwenden Sie es auch anderswo? Dann melden Sie sich jetzt bei uns.
objected-late-title = Es ist vielleicht zu spät
objected-late-text = Wir wissen Bescheid. Aber gerade in diesem Moment setzt jemand mit einem solchen Link ein neues Passwort.
objected-late-next = Melden Sie sich sofort bei uns, damit wir Ihnen wieder hineinhelfen.
objection-expired-title = Diese Seite gilt einen Tag lang
objection-expired-text = Die Mail, die Sie hierher geführt hat, ist älter.
objection-expired-next = Wenn jemand in Ihrem Namen einen Link verlangt oder ein Passwort gesetzt hat, melden Sie sich bitte jetzt bei uns.

## Die Startseite

start-title = Ihr Passwort
start-forgot = Wenn Sie es vergessen haben, schicken wir Ihnen einen Link.
start-forgot-ask = Wenn Sie es vergessen haben, bitten Sie uns um Hilfe.
start-change = Wenn Sie es kennen, können Sie ein neues setzen.
start-change-button = Passwort ändern
start-link = Haben Sie einen Link bekommen? Öffnen Sie ihn aus der Nachricht, mit der er kam.

## Zu oft innerhalb einer Stunde

too-often-title = Das war recht oft
too-often-text = In der letzten Stunde kamen so viele Anfragen, dass vorerst keine weiteren angenommen werden. Geändert wurde nichts.
too-often-next = { $minutes ->
    [one] Versuchen Sie es in einer Minute noch einmal, oder melden Sie sich bei uns.
   *[other] Versuchen Sie es in { $minutes } Minuten noch einmal, oder melden Sie sich bei uns.
}

## Ein Passwort wird von dem geändert, der es kennt

change-title = Passwort ändern
change-title-error = Fehler: { change-title }
change-current-label = Ihr bisheriges Passwort
change-submit = Passwort ändern
change-does-not-match = Das passt nicht zusammen. Prüfen Sie Ihre E-Mail-Adresse oder Kennung und das Passwort, mit dem Sie sich bisher anmelden.
change-incomplete = Geben Sie Ihre E-Mail-Adresse oder Kennung ein und das Passwort, mit dem Sie sich bisher anmelden.
change-empty-again = Geändert wurde nichts. Die Passwortfelder sind wieder leer.
changed-text = Es gilt schon, und Links, die Sie vorher bekommen haben, funktionieren nicht mehr. Wenn wir Ihre E-Mail-Adresse haben, bekommen Sie eine Mail darüber.
meanwhile-title = Ihr Passwort wurde gerade geändert
meanwhile-text = Während Sie auf dieser Seite waren, wurde ein anderes neues Passwort gesetzt, vielleicht in einem anderen Fenster von Ihnen.
meanwhile-next = Wenn Sie das waren, melden Sie sich damit an. Wenn nicht, melden Sie sich sofort bei uns.
impossible-title = Ihr Passwort kann hier nicht geändert werden
impossible-text = Sie haben nichts falsch gemacht: Es ist so abgelegt, dass diese Seite es nicht anrühren darf.
impossible-next = Bitte melden Sie sich bei uns.

## Fertig

sign-in = Anmelden
done-title = Ihr neues Passwort ist festgelegt
done-text = Es gilt schon. Der Link ist verbraucht; die Nachricht mit ihm brauchen Sie nicht mehr.
done-next = Melden Sie sich mit Ihrem neuen Passwort an.
done-next-elsewhere = Sie können diese Seite schließen und sich dort anmelden, wo Sie es sonst tun.
done-perhaps-title = Haben Sie eben ein neues Passwort festgelegt?
done-perhaps-text = Dann gilt es schon, und Sie können sich damit anmelden. Fünf Minuten lang, und nur wenn Ihr Browser Cookies behält, nennt diese Seite auch das Konto.
done-perhaps-next = Wenn Sie es noch nicht festgelegt haben, öffnen Sie Ihren Link, aus der Nachricht, mit der er kam.

## Ein Link, der nichts mehr öffnet

new-link-title = So erreichen Sie uns und bekommen einen neuen Link
damaged-title = Dieser Link ist nicht vollständig
damaged-text = Ein Teil fehlt oder wurde verändert. Manche Mailprogramme brechen einen langen Link auf zwei Zeilen um.
damaged-next = Kopieren Sie den ganzen Link aus der Nachricht, mit der er kam, bis zum letzten Zeichen, und fügen Sie ihn in die Adresszeile ein.
expired-title = Dieser Link ist abgelaufen
expired-text = Zu Ihrer Sicherheit gilt ein Link nur kurze Zeit, ob er benutzt wurde oder nicht.
expired-next = Wenn Sie noch ein neues Passwort brauchen, fordern Sie bitte einen neuen Link an.
used-title = Dieser Link wurde bereits verwendet
used-text = Ein Link legt ein Passwort einmal fest, und danach nie wieder.
used-next = Wenn Sie Ihr neues Passwort eben festgelegt haben, melden Sie sich damit an. Wenn Sie das nicht waren, wenden Sie sich sofort an uns.
withdrawn-title = Dieser Link wurde zurückgezogen
withdrawn-text = Er wurde zurückgerufen, bevor ihn jemand verwendet hat. Ihr Passwort wurde nicht geändert.
withdrawn-next = Wenn Sie noch ein neues Passwort brauchen, fordern Sie bitte einen neuen Link an.
overtaken-title = Dieser Link ist überholt
overtaken-text = Ihr Passwort oder Ihre Mailadresse wurde geändert, nachdem der Link entstanden war.
overtaken-next = Wenn Sie das selbst waren, melden Sie sich mit Ihrem neuesten Passwort an. Wenn Sie das nicht waren, wenden Sie sich sofort an uns.
younger-title = Bitte fordern Sie einen neuen Link an
younger-text = Unser Verzeichnis verwendeter Links wurde neu begonnen, nachdem dieser Link entstanden war. Deshalb ist nicht mehr sicher, dass ihn niemand verwendet hat. Bei diesem Besuch wurde Ihr Passwort nicht geändert.
younger-next = Ein neuer Link funktioniert sofort.

## Noch einmal versuchen

try-again = Noch einmal versuchen
in-progress-title = Dieser Link wird gerade verwendet
in-progress-text = In diesem Augenblick wird damit ein neues Passwort festgelegt, vielleicht aus einem anderen Fenster von Ihnen.
in-progress-next = Warten Sie eine halbe Minute, und versuchen Sie es dann noch einmal.
too-many-title = Einen Moment, bitte
too-many-text = Innerhalb einer Minute gab es zu viele Versuche. Es wurde nichts geändert.
too-many-next = Warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
}, und versuchen Sie es dann noch einmal.
busy-title = Gerade ist sehr viel los
busy-text = Es wurde nichts geändert, und Ihr Link gilt weiterhin.
busy-next = Warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
}, und versuchen Sie es dann noch einmal.
unavailable-title = Bei uns funktioniert etwas nicht
unavailable-text = Das liegt nicht an Ihnen. Wir haben es festgehalten, unter der Vorgangsnummer { $incident }.
unavailable-next = Versuchen Sie es in einigen Minuten noch einmal. Wenn es wieder vorkommt, wenden Sie sich an uns, und nennen Sie diese Vorgangsnummer.
slow-title = Das dauert länger als sonst
slow-text = Ihr neues Passwort wird vielleicht in der nächsten Minute festgelegt. Zweimal geschieht das nicht.
slow-next = Warten Sie eine Minute, und sehen Sie dann mit einem neuen Versuch, wie es steht.
timeout-title = Das hat zu lange gedauert
timeout-text = Ihre Anfrage kam nicht vollständig an. Es wurde nichts geändert, und Ihr Link gilt weiterhin.
timeout-next = Bitte versuchen Sie es noch einmal, vielleicht bei besserer Verbindung.

## Eine Anfrage ohne Sinn

home-title = Ein neues Passwort festlegen
home-text = Dafür brauchen Sie Ihren eigenen, persönlichen Link.
home-next = Öffnen Sie den Link aus unserer Mail oder den, den Ihnen jemand von uns gegeben hat.
not-found-title = Unter dieser Adresse gibt es nichts
not-found-text = Vielleicht wurde die Adresse nur zum Teil kopiert.
not-found-next = Öffnen Sie Ihren Link noch einmal, aus der Nachricht, mit der er kam.
method-title = Das geht hier nicht
method-text = Ihr Browser wollte etwas, das diese Seite nicht anbietet. Es wurde nichts geändert.
method-next = Öffnen Sie Ihren Link noch einmal, aus der Nachricht, mit der er kam.
too-large-title = Das war zu viel
too-large-text = Das Formular hat mehr gesendet, als ein Passwort fassen kann. Es wurde nichts geändert, und Ihr Link gilt weiterhin.
too-large-next = Bitte versuchen Sie es mit einem kürzeren Passwort.
incomplete-title = Das Formular kam nicht vollständig an
incomplete-text = Das neue Passwort war nicht dabei. Es wurde nichts geändert, und Ihr Link gilt weiterhin.
incomplete-next = Bitte versuchen Sie es noch einmal.
elsewhere-title = Dieses Formular kam von einer anderen Website
elsewhere-text = Ein neues Passwort nehmen wir nur von unserer eigenen Seite an. Es wurde nichts geändert, und Ihr Link gilt weiterhin.
elsewhere-next = Öffnen Sie Ihren Link noch einmal, aus der Nachricht, mit der er kam.
