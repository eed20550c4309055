# What admins read in chat. Each answer says what happened, until when, and how to mend what is amiss.

## A link was issued

chat-mailed = E-mailed to { $who } at { $to }: accepted by { $server }. The link works once, until { $until }. Accepted is not delivered: if nothing arrives within a few minutes, have them look among the unwanted mail.
chat-delayed = The mail server does not take the mail to { $who } at { $to } yet: { $answer }. It is tried again until { $until }, and you hear what came of it.
chat-mailed-outbox = The mail lies in { $file }. It says:
chat-hand-over = Make sure that you are talking to { $who }, then give them this link. It works once, until { $until }.
chat-hand-over-direct = The link is in a direct message to you. It works once, until { $until }.
chat-not-handed-over = No direct message reached you, and a link goes no other way here, so the link for { $id } is withdrawn. See to it that the bot may write to you, and ask again.
chat-not-handed-over-good = No direct message reached you, and a link goes no other way here. The link for { $id } could not be withdrawn: do that with /reset-revoke. Then see to it that the bot may write to you, and ask again.

## Why it was not e-mailed

chat-reason-no-server = Not e-mailed: no mail server is configured.
chat-reason-no-email = Not e-mailed: { $who } has no primary e-mail.
chat-reason-shared = Not e-mailed: the primary e-mail of { $who } is shared by { $count ->
        [one] another contact
       *[other] { $count } other contacts
    }: { $others }.
chat-reason-sharing-undecided = Not e-mailed: whether others have the primary e-mail of { $who } too could not be found out.
chat-reason-failed = Not e-mailed: the mail failed ({ $answer }).
chat-reason-unknown = Perhaps not e-mailed: the mail server fell silent ({ $answer }). The mail may arrive yet; it holds the same link.

## How to mend it

chat-cure-no-server = To mend: set the section [mail] in the config file, try it with `reset-link mail test ADDRESS`, restart.
chat-cure-no-email = To mend: enter the contact's own e-mail address in the contact directory.
chat-cure-sharing-undecided = To mend: `reset-link contacts check` says what the contact directory lacks for it.
chat-cure-shared = To mend: give each of these contacts an e-mail address of their own in the contact directory.
chat-cure-failed = To mend: try the mail server with `reset-link mail test ADDRESS`; it says which step fails and what usually helps.
chat-cure-unknown = To mend: try the mail server with `reset-link mail test ADDRESS`, and look at its log.

## No link

chat-hand-over-off = No link was given to you: this organisation hands no links over.
chat-not-allowed = You may not do this here. An operator can put your name on the allow-list in the config file.
chat-no-such-contact = No active contact has this id. Check the spelling; an id with spaces goes in quotation marks: /reset-link contact:"ID"
chat-near = Perhaps you mean: { $near }
chat-shell-no-such-contact = No active contact has this id. Check the spelling; put an id with spaces in quotation marks.
chat-shell-near = Perhaps you mean:
chat-other-hash = No link: the password of { $who } is stored in another form than reset-link is set to write, and is left alone. Whoever keeps the application finds the cure with `reset-link contacts check`.
chat-no-change-time = No link: the directory does not say when the password of { $who } was last set, so a link could not be told from an older one. Whoever keeps the directory has the server keep that time (OpenLDAP by ppolicy, 389 Directory Server by passwordTrackUpdateTime), and then sets a password once with its own tools.
chat-ambiguous = More than one contact has an id like this: { $ids }. Type the id exactly as it is written in the contact directory.
chat-ambiguous-hidden = More than one contact has an id like this: { $ids }. They differ in characters that nobody sees (spelled out here), so nobody can say who is meant. Whoever keeps the contact directory can give one of them another id.
chat-limit-admin = You have asked for { $limit } links within the hour, which is the limit. Again at { $again }.
chat-limit-contact = { $id } has had { $limit } links within 15 minutes, which is the limit. Again at { $again }. The newest link that is still good can be used meanwhile.
chat-directory-unusable = No link: the contact directory answers, but not so that it can be used. Trying again does not help: whoever runs reset-link finds the cause and the cure in its log.
chat-directory-unavailable = The contact directory does not answer, so no link was issued. Try again in a minute; the log has the details for an operator.
chat-audit-unavailable = The audit cannot be written, so no link leaves. An operator must see to the disk; the log has the details.
chat-audit-unsound = The audit is not as it was written: line { $line } of { $file } does not fit what stands before it. No link is issued or approved until an operator has looked into that; links can still be withdrawn. To mend: `reset-link audit verify` says what is wrong there. Keep the file as evidence, move it away and restart: a new audit begins.
chat-clock-behind = This machine's clock has gone back, so no link was issued for this contact. An operator must set the clock right.
chat-binding-secrets-differ = No link was issued, since none would work: the bot and the redeem server hold different binding secrets. An operator must give both the same file (keys.binding_secret_file) and restart.
chat-cannot-mint = The link could not be made. The log has the details for an operator.

## Status

chat-status-none = { $who }: no link has been issued yet.
chat-status = { $who }: { $count ->
        [one] one link has been issued.
       *[other] { $count } links have been issued, the newest first:
    }
chat-status-link = • { $issued }, link { $link }, by { $admin }, { $way }: { $fate }
chat-way-mailed = e-mailed to { $to }
chat-way-handed-over = handed over
chat-way-delayed = not taken by the mail server at first
chat-way-none = not delivered
chat-fate-outstanding = outstanding until { $until }
chat-fate-expired-at = not used, expired at { $at }
chat-fate-expired = not used in time
chat-fate-good = still good
chat-fate-redeemed = used at { $at }, the new password is set
chat-fate-unsettled = counted as used at { $at }; whether the password was set is not known
chat-fate-withdrawn = withdrawn at { $at }
chat-fate-overtaken = void since the password or e-mail changed (seen at { $at })
chat-fate-ledger = void since the redeem server began a new ledger (seen at { $at })

## Withdrawing

chat-revoked = All links of { $who } that were still good are withdrawn.
chat-revoked-in-progress = All links of { $who } that were still good are withdrawn, but somebody is setting a password with one of them at this moment. /reset-status will tell what became of it.
chat-revocation-unavailable = The redeem server does not answer, so nothing is certain: the links may still be good. Try again in a minute.

## A second person

chat-waiting = A second person must agree first; they have been asked. You will hear from me. Unanswered, the request lapses at { $until }.
chat-waiting-mail = A second person must agree first; they have been asked. The link would be e-mailed to { $to }. You will hear from me. Unanswered, the request lapses at { $until }.
chat-protected = { $who } is protected: nobody alone gets a link for them.
chat-question = { $admin } asks for a link that resets the password of { $who }.
chat-question-hand-over = Approve only if you have spoken with { $admin }. The link is then made and shown to them alone. Unanswered, the request lapses at { $until }.
chat-question-mail = Approve only if you have spoken with { $admin }, and if { $to } is the contact's address. The link is then made and e-mailed there. Unanswered, the request lapses at { $until }.
chat-question-over = { $admin } asked for a link that resets the password of { $id }.
chat-request-open = The request is open.
chat-request-approved = Approved by { $admin }.
chat-request-declined = Declined by { $admin }.
chat-request-lapsed = Nobody answered in time: the request has lapsed.
chat-request-not-posted = The request could not be posted.
chat-no-such-request = This request is too old. Whoever wanted the link must ask again.
chat-own-request = This is your own request: a second person must agree, from whichever account you press.
chat-approved-handed-over = Approved: { $admin } has the link for { $who }.
chat-approved-delayed = Approved: the link for { $who } is to be e-mailed, and the mail server does not take it yet. It is tried again; { $admin } hears what came of it.
chat-approved-mailed = Approved: the link that { $admin } asked for was e-mailed to { $who }.
chat-approved-not-brought = Approved, but { $admin } could not be reached, so the link for { $who } is withdrawn. They must ask again.
chat-approved-refused = Approved, but the link that { $admin } asked for could not be issued for { $who }. They must ask again, and will then read why.
chat-approved = A second person has agreed to your request.
chat-approved-not-withdrawn = Approved, but { $admin } could not be reached, and the link for { $who } could not be withdrawn. Withdraw it with /reset-revoke; they must ask again.
chat-approved-asked-again = Approved, but the link for { $who } cannot be e-mailed, and to hand it over you were not asked. A new request asks for that.
chat-try-again = It could not be found out who may do this now, so nothing was done. Try again in a minute.
chat-mailed-link-over = The e-mailed link is no longer outstanding, so no other was issued. /reset-status tells what became of it.
chat-request-requester = Whoever asked may not issue links any more: the request has come to nothing.
chat-request-revoked = All links of the contact were withdrawn, and this request with them.
chat-request-interrupted = The bot was interrupted before it could issue the link. Whoever wanted it must ask again.
chat-request-contact-changed = The contact's password or e-mail has changed since this was asked, so the request is closed.
chat-request-refused = It was approved, and then no link could be issued.
chat-request-asked-again = It was approved as an e-mail, which could not be sent. Another request asks about a link in hand.
chat-contact-changed = The password or e-mail of { $who } has changed since this was asked, so the request is closed and no link was issued. Whoever wanted it must ask again.
chat-contact-changed-asked-again = The password or e-mail of { $who } has changed since this was asked, so the request is closed and no link was issued. A new request asks with what is true now: look at its address before you approve.
chat-waiting-instead = It was e-mailed to { $who }; now it is wanted in hand. The e-mailed link stays good until somebody agrees.
chat-waiting-unknown = Perhaps not e-mailed: the mail server fell silent ({ $answer }). The link in that mail is withdrawn.
chat-waiting-unknown-not-withdrawn = Perhaps not e-mailed: the mail server fell silent ({ $answer }). The mail may arrive yet, and its link could not be withdrawn so far: until { $until } it works. It is withdrawn as soon as the running bot reaches the redeem server; /reset-revoke contact:{ $id } in chat does it at once.
chat-declined = Declined: { $admin } gets no link for { $id }.
chat-protected-refused = { $who } is protected: no link is issued for them. An operator can have a second person asked instead (links.for_protected).
chat-needs-approval = A second person must agree to this link, and a shell cannot wait for them. Ask in chat.
chat-nobody-to-ask = A second person must agree to this link, and nobody could be asked: no chat took the question. No link was issued; the log has the details for an operator.
chat-button-approve = Approve
chat-button-decline = Decline

## The help desk is asked, by a contact on the page for a forgotten password

chat-somebody-on-the-page = somebody on the page
chat-help-question = Somebody on the page for a forgotten password says that they are { $who }. Anybody may have typed that.
chat-help-to = A link would be e-mailed to { $to }.
chat-help-next = A link is issued in the name of whoever presses, or types /reset-link contact:{ $id }. Hand one over only to the person themselves. Unanswered, this lapses at { $until }.
chat-help-question-over = { $id } asked for help with a forgotten password.
chat-help-answered = { $admin } has seen to it.
chat-help-was-dismissed = Dismissed by { $admin }.
chat-help-dismissed = Dismissed: no link is issued for { $id }.
chat-help-served = They have a new password meanwhile.
chat-help-lapsed = Nobody answered within the hour. They were told on the page to get in touch.
chat-help-flood = { $count } contacts have asked for help with a forgotten password within the hour. Until { $until } nobody else is asked about here; the audit names who asks. Perhaps somebody types other people's names into the page.
chat-reason-in-hand = Not e-mailed: you wanted the link for { $who } in hand. They get a notice.
chat-button-send = Send link
chat-button-hand = Hand me the link
chat-button-dismiss = Dismiss
chat-news-objected = ⚠ { $id } says that they did not ask for the link that you issued. Their links are withdrawn. Find out who asked you for it.

## Buttons below a link

chat-button-revoke = Revoke
chat-button-instead = Hand me the link instead
chat-link-withdrawn = The link for { $id } is withdrawn.
chat-link-in-progress = The link for { $id } is withdrawn, but somebody is setting a password with it at this moment. /reset-status will tell what became of it.
chat-link-redeemed = Too late: the link for { $id } has been used already.
chat-link-over = This link is no longer good: { $fate }.
chat-message-over = The link for { $id } that stood here is no longer good: { $fate }.
chat-not-their-link = Only the admin who had a link e-mailed can have it handed over instead.
chat-instead-off = This link cannot be handed over instead: your organisation, or the contact's protection, does not allow it.
chat-being-done = This is being done already.
chat-reason-instead = Not e-mailed: you wanted the link for { $who } in hand. The e-mailed link is withdrawn, and they get a notice.

## Mistakes

chat-mistake-command = There is no such command. Did you mean { $command }? Its form: { $command } contact:ID
chat-mistake-no-contact = Whose? The form: { $command } contact:ID
chat-mistake-quote = A quotation mark was opened and not closed. The form: { $command } contact:"ID WITH SPACES"
chat-mistake-words = That is more than one word. An id with spaces goes in quotation marks: { $command } contact:"ID WITH SPACES"
chat-mistake-link = That is a link that shows one text and leads to another, so that nobody can say who is meant. Type the id itself: { $command } contact:ID
chat-mistake-too-long = That is longer than any contact's id. The form: { $command } contact:ID
chat-not-mine = Nothing here understands that. /help says what there is.
chat-help =
    /reset-link contact:ID       issue a link that resets the contact's password; it is e-mailed to them, or handed to you
    /reset-status contact:ID     what became of the contact's links
    /reset-revoke contact:ID     withdraw the contact's links that are still good
    /help                        this
chat-help-mail = {""}/mail on, /mail off          mail goes to a folder from now on; no mail server again
chat-help-quit = {""}/quit                        end reset-link

## Told without having been asked

chat-news-redeemed = { $id } has used your link: a new password is set since { $at }.
chat-news-declined = { $admin } has declined your request for a link for { $id }.
chat-news-ask-again = Your request for a link for { $id } came to nothing: the bot was interrupted, or the contact's links were withdrawn. No link is good; ask again if one is still needed.
chat-news-lapsed = Nobody answered your request for a link for { $id } in time. Ask again if it is still needed.
chat-news-not-shown = A link for { $id } that was for you could not be shown to you, so it was withdrawn. Ask again if one is still needed.
chat-news-mailed = A second person has agreed to your request, and the link for { $id } was e-mailed.
chat-news-mail-accepted = The mail server has taken the mail to { $id } now. Accepted is not delivered: if nothing arrives within a few minutes, have them look among the unwanted mail.
chat-news-refused = A second person has agreed to your request, but no link for { $id } could be issued. Ask again, and you will read why.
chat-news-contact-changed = Your request for a link for { $id } was closed: their password or e-mail has changed since. Ask again if a link is still needed.
chat-news-asked-again = A second person is asked once more about a link for { $id }: it is not what they were asked about before. You will hear from me.
