# Die Befehle, wie Discord sie zeigt. Namen: klein, ohne Leerzeichen, höchstens 32 Zeichen; Beschreibungen: höchstens 100 Zeichen.

discord-reset-link-name = reset-link
discord-reset-link-about = Einen Link ausstellen, mit dem ein Kontakt sein Passwort neu setzt
discord-reset-status-name = reset-stand
discord-reset-status-about = Was aus den Links eines Kontakts geworden ist
discord-reset-revoke-name = reset-widerruf
discord-reset-revoke-about = Links eines Kontakts zurückziehen, die noch gelten
discord-contact-name = kontakt
discord-contact-about = Die Kennung des Kontakts oder der Anfang von Name, Kennung oder E-Mail-Adresse

# Antworten

discord-no-direct-message = Discord hat Ihnen keine Direktnachricht zugestellt, deshalb steht der Link hier, wo nur Sie ihn sehen.
