# Antworten, die nur Slack hat.

slack-on-it = Einen Augenblick …
slack-no-direct-message = Slack hat Ihnen keine Direktnachricht zugestellt, deshalb steht der Link hier, wo nur Sie ihn sehen.
slack-also-direct-message = Dasselbe steht in einer Direktnachricht an Sie: Sie können dieses Fenster schließen.

# Das Fenster, in dem ein Kontakt ausgewählt wird. Titel und Knöpfe: höchstens 24 Zeichen.

slack-picker-link = Link zum Zurücksetzen
slack-picker-status = Links eines Kontakts
slack-picker-revoke = Links zurückziehen
slack-picker-link-submit = Ausstellen
slack-picker-status-submit = Anzeigen
slack-picker-revoke-submit = Zurückziehen
slack-picker-close = Schließen
slack-picker-contact = Kontakt
slack-picker-placeholder = Den Anfang von Name, Kennung oder E-Mail-Adresse eingeben
