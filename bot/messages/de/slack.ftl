# Antworten, die nur Slack hat.

slack-on-it = Einen Augenblick …
slack-no-direct-message = Slack hat Ihnen keine Direktnachricht zugestellt, deshalb steht der Link hier, wo nur Sie ihn sehen.
