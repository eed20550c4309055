# Antworten, die nur Mattermost hat.

mattermost-on-it = Einen Augenblick …
mattermost-no-direct-message = Mattermost hat Ihnen keine Direktnachricht zugestellt, deshalb steht der Link hier, wo nur Sie ihn sehen.
