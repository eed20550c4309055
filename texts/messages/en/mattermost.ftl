# Answers that only Mattermost has.

mattermost-on-it = On it …
mattermost-not-now = Mattermost did not answer the bot, so nothing was done. Try again in a minute.
