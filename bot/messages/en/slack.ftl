# Answers that only Slack has.

slack-on-it = On it …
slack-no-direct-message = Slack did not deliver a direct message to you, so the link is here, where only you see it.
