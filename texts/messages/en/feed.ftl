# The audit channel: one sentence for each event, read by all who may read the channel. No links, no addresses in full.

feed-issued = { $admin } issued a link for { $id }.
feed-issued-approved = { $admin } got a link for { $id } issued, with a second person's approval.
feed-mailed = The link for { $id } was e-mailed to { $to }: accepted by { $server }.
feed-mail-delayed = The mail server does not take the link for { $id } to { $to } yet: { $answer }. It is tried again.
feed-handed-over = The link for { $id } was handed over to { $admin }: { $reasons }.
feed-withheld = The link for { $id } went to nobody, { $admin } had asked: { $reasons }.
feed-reason-no-server = no mail server is configured
feed-reason-no-email = no primary e-mail
feed-reason-sharing-undecided = unknown whether e-mail is shared
feed-reason-shared = e-mail shared with others
feed-reason-failed = the mail failed
feed-reason-unknown = the mail server fell silent
feed-reason-instead = the admin wanted it in hand
feed-reason-other = another reason
feed-requested = { $admin } asked for a link for { $id }, which a second person must approve.
feed-approved = { $second } approved the request of { $admin } for { $id }.
feed-declined = { $second } declined the request of { $admin } for { $id }.
feed-lapsed = The request of { $admin } for { $id } lapsed: nobody answered.
feed-not-posted = The request of { $admin } for { $id } could not be posted where a second person would see it.
feed-requester-may-no-longer = The request of { $admin } for { $id } came to nothing: they may not issue links any more.
feed-request-revoked = The request of { $admin } for { $id } came to nothing: all links of the contact were withdrawn.
feed-request-interrupted = The request of { $admin } for { $id } was approved, and the bot was interrupted before it issued a link.
feed-request-contact-changed = The request of { $admin } for { $id } was closed: the contact's password or e-mail had changed since it was asked.
feed-request-came-to-nothing = The request of { $admin } for { $id } was approved, and then no link could be issued.
feed-request-asked-again = The request of { $admin } for { $id } was approved as an e-mail, which could not be sent: a second person is asked again.
feed-help-requested = { $id } asks for help with a forgotten password (by the page; anybody may have typed it).
feed-help-not-asked = { $id } asks for help with a forgotten password (by the page); so many have within the hour that the help desk is not asked.
feed-help-dismissed = { $admin } dismissed the request for help of { $id }.
feed-help-lapsed = Nobody answered the request for help of { $id }.
feed-help-not-posted = The request for help of { $id } could not be posted: no chat took it.
feed-denied-not-allowed = Refused: { $admin } may not issue links.
feed-denied-no-such-contact = Refused: { $admin } asked for a contact who does not exist.
feed-denied-cannot-be-reset = Refused: { $admin } asked for a link for a contact whose password cannot be set.
feed-denied-ambiguous = Refused: { $admin } asked for an id that several contacts have.
feed-denied-limit-admin = Refused: { $admin } has reached the limit of links within the hour.
feed-denied-limit-contact = Refused: { $id } has had the most links allowed within 15 minutes; { $admin } asked for another.
feed-denied-protected = Refused: { $admin } asked for a link for { $id }, who is protected.
feed-denied-own-request = Refused: { $admin } tried to approve their own request for { $id }.
feed-denied-not-their-link = Refused: { $admin } wanted a link for { $id } in hand that somebody else had e-mailed.
feed-denied-in-bulk = { $count ->
        [one] One more command of { $admin } was refused within a minute.
       *[other] { $count } more commands of { $admin } were refused within a minute.
    }
feed-request-refused = Refused: a request that claimed to come from { $platform } did not.
feed-request-replayed = Refused: a request from { $platform } came a second time.
feed-redeemed = { $id } set a new password with a link that { $admin } had issued.
feed-unsettled = The link for { $id } that { $admin } had issued counts as used; whether the password was set is not known.
feed-refused-used = A used link for { $id } was tried again.
feed-refused-withdrawn = A withdrawn link for { $id } was tried.
feed-refused-overtaken = A link for { $id } was tried after the password or e-mail had changed.
feed-refused-ledger = A link for { $id } was tried that is older than the redeem server's ledger.
feed-refused-directory = The contact directory refused a new password of { $id }.
feed-revocation-received = The redeem server has withdrawn links of { $id }.
feed-changed = The contact { $id } changed their password, knowing the old one.
feed-objected = ⚠ { $id } says that they asked for nothing: their links are withdrawn. Issued by { $admin }. Find out who asked.
feed-revoked = { $admin } withdrew all links of { $id } that were still good.
feed-link-revoked = { $admin } withdrew a link for { $id }.
feed-link-in-progress = { $admin } withdrew a link for { $id } while somebody was setting a password with it.
feed-link-redeemed = { $admin } wanted to withdraw a link for { $id }, which had been used already.
feed-searched = { $admin } searched for contacts { $count ->
        [one] once
       *[other] { $count } times
    }{ $refused ->
        [0] .
       *[other] ; { $refused } refused.
    }
feed-protects-nobody = Attention: contacts.protected names { $entry }, and no contact has this id, so that nobody is protected by it. Correct the setting.
