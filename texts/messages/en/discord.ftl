# The slash commands as Discord shows them. Names: lower case, no spaces, at most 32 characters; descriptions: at most 100 characters.

discord-reset-link-name = reset-link
discord-reset-link-about = Issue a link that resets a contact's password
discord-reset-status-name = reset-status
discord-reset-status-about = What became of a contact's links
discord-reset-revoke-name = reset-revoke
discord-reset-revoke-about = Withdraw a contact's links that are still good
discord-contact-name = contact
discord-contact-about = The contact's id, or the first letters of name, id or e-mail

# Answers

discord-no-direct-message = Discord did not deliver a direct message to you, so the link is here, where only you see it.
