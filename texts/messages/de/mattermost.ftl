# Antworten, die nur Mattermost hat.

mattermost-on-it = Einen Augenblick …
mattermost-not-now = Mattermost hat dem Bot nicht geantwortet, deshalb ist nichts geschehen. Versuchen Sie es in einer Minute noch einmal.
