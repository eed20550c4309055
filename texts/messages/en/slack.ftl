# Answers that only Slack has.

slack-on-it = On it …
slack-no-direct-message = Slack did not deliver a direct message to you, so the link is here, where only you see it.
slack-also-direct-message = The same is in a direct message to you: you may close this window.

# The window in which a contact is chosen. Titles and buttons: at most 24 characters.

slack-picker-link = Reset link
slack-picker-status = Links of a contact
slack-picker-revoke = Withdraw links
slack-picker-link-submit = Issue
slack-picker-status-submit = Show
slack-picker-revoke-submit = Withdraw
slack-picker-close = Close
slack-picker-contact = Contact
slack-picker-placeholder = Type the beginning of a name, an id or an e-mail address
