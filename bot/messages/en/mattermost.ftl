# Answers that only Mattermost has.

mattermost-on-it = On it …
mattermost-no-direct-message = Mattermost did not deliver a direct message to you, so the link is here, where only you see it.
