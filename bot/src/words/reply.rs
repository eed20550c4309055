//! Answers, and their words: what each chat adapter renders in its platform's own form.

use contacts::{ContactHit, Obstacle};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use keys::text::{hides_something, spelled_out};
use keys::{ContactId, LinkId};
use texts::{Key, Language, Value, chat};

use crate::admin::{Admin, Platform};
use crate::audit::{
    Closing, Fate, Found, HelpClosing, HelpRequest, HelpState, IssuedLink, Redemption, Request, RequestState,
    Unsound,
};
use crate::command::{CommandName, Mistake};
use crate::outcome::{
    ApprovedOutcome, AwaitingApproval, Delayed, HandedOver, HelpQuestion, Issued, Mailed, News, Question,
    Refused, Reply, Status,
};
use crate::policy::LimitReached;
use crate::policy::People;
use crate::policy::delivery::HandOverReason;
use crate::words::{Markup, Part, SecretText, sanitize};

/// How many links a status shows, the newest.
const STATUS_LINKS: usize = 5;

/// How many other contacts an answer names.
const NAMED_OTHERS: usize = 5;

/// Puts answers into words.
#[derive(Debug, Clone)]
pub struct Words {
    /// In which language.
    pub language: Language,
    /// In which zone times are told, where the platform does not tell them in the reader's own.
    pub time_zone: TimeZone,
    /// How the platform writes.
    pub markup: Markup,
    /// Who is called what.
    pub people: People,
}

impl Words {
    /// An answer in words.
    pub fn reply(&self, reply: &Reply, now: Timestamp) -> Vec<Part> {
        match reply {
            Reply::Issue(issued) => self.issued(issued, now),
            Reply::Refused(refused) => vec![self.refused(refused, now)],
            Reply::Status(status) => self.status(status),
            Reply::Revoked { contact, name, in_progress } => {
                let key = if *in_progress { chat::REVOKED_IN_PROGRESS } else { chat::REVOKED };
                vec![self.text(key, &[("who", self.who(name, contact))])]
            }
            Reply::LinkRevoked { contact, found } => {
                let key = match found {
                    Found::Withdrawn => chat::LINK_WITHDRAWN,
                    Found::InProgress => chat::LINK_IN_PROGRESS,
                    Found::AlreadyRedeemed => chat::LINK_REDEEMED,
                };
                vec![self.text(key, &[("id", self.id(contact))])]
            }
            Reply::LinkOver(fate) => {
                vec![self.text(chat::LINK_OVER, &[("fate", self.fate(*fate, now).into())])]
            }
            Reply::NotTheirLink => vec![self.text(chat::NOT_THEIR_LINK, &[])],
            Reply::InsteadOff => vec![self.text(chat::INSTEAD_OFF, &[])],
            Reply::BeingDone => vec![self.text(chat::BEING_DONE, &[])],
            Reply::Approved { contact, name, admin, outcome } => {
                let key = match outcome {
                    ApprovedOutcome::HandedOver => chat::APPROVED_HANDED_OVER,
                    ApprovedOutcome::Mailed => chat::APPROVED_MAILED,
                    ApprovedOutcome::Delayed => chat::APPROVED_DELAYED,
                    ApprovedOutcome::Undelivered { is_withdrawn: true } => chat::APPROVED_NOT_BROUGHT,
                    ApprovedOutcome::Undelivered { is_withdrawn: false } => chat::APPROVED_NOT_WITHDRAWN,
                    ApprovedOutcome::AskedAgain => chat::APPROVED_ASKED_AGAIN,
                    ApprovedOutcome::Refused => chat::APPROVED_REFUSED,
                };
                let who = match name {
                    Some(name) => self.who(name, contact),
                    None => self.id(contact),
                };
                vec![self.text(key, &[("who", who), ("admin", self.admin(admin))])]
            }
            Reply::ContactChanged { contact, name, is_asked_again } => {
                let key = match is_asked_again {
                    true => chat::CONTACT_CHANGED_ASKED_AGAIN,
                    false => chat::CONTACT_CHANGED,
                };
                vec![self.text(key, &[("who", self.who(name, contact))])]
            }
            Reply::Declined { contact, admin } => {
                let args = [("id", self.id(contact)), ("admin", self.admin(admin))];
                vec![self.text(chat::DECLINED, &args)]
            }
            Reply::RequestOver(state) => vec![self.request_over(state)],
            Reply::NoSuchRequest => vec![self.text(chat::NO_SUCH_REQUEST, &[])],
            Reply::HelpOver(state) => vec![self.help_state(state)],
            Reply::HelpDismissed { contact } => {
                vec![self.text(chat::HELP_DISMISSED, &[("id", self.id(contact))])]
            }
            Reply::TryAgain => vec![self.text(chat::TRY_AGAIN, &[])],
            Reply::OwnRequest => vec![self.text(chat::OWN_REQUEST, &[])],
            Reply::RevocationUnavailable => vec![self.text(chat::REVOCATION_UNAVAILABLE, &[])],
            Reply::Mistake(mistake) => vec![self.mistake(mistake)],
            Reply::Help => vec![self.text(chat::HELP, &[])],
        }
    }

    /// What became of a request for a link.
    pub fn issued(&self, issued: &Issued, now: Timestamp) -> Vec<Part> {
        match issued {
            Issued::Mailed(mailed) => self.mailed(mailed),
            Issued::Delayed(delayed) => vec![self.delayed(delayed)],
            Issued::HandedOver(handed_over) => self.handed_over(handed_over),
            Issued::AwaitingApproval(waiting) => self.waiting(waiting, now),
            Issued::Refused(refused) => vec![self.refused(refused, now)],
        }
    }

    /// What an admin is told without having asked.
    pub fn news(&self, news: &News, now: Timestamp) -> Vec<Part> {
        vec![match news {
            News::Redeemed(Redemption { contact, at, .. }) => {
                let args = [("id", self.id(contact)), ("at", self.time(*at, now))];
                self.text(chat::NEWS_REDEEMED, &args)
            }
            News::Objected { contact } => self.text(chat::NEWS_OBJECTED, &[("id", self.id(contact))]),
            News::Declined { contact, by } => {
                let args = [("id", self.id(contact)), ("admin", self.admin(by))];
                self.text(chat::NEWS_DECLINED, &args)
            }
            News::AskAgain { contact } => self.news_of(chat::NEWS_ASK_AGAIN, contact),
            News::Lapsed { contact } => self.news_of(chat::NEWS_LAPSED, contact),
            News::NotShown { contact } => self.news_of(chat::NEWS_NOT_SHOWN, contact),
            News::Mailed { contact } => self.news_of(chat::NEWS_MAILED, contact),
            News::MailAccepted { contact } => self.news_of(chat::NEWS_MAIL_ACCEPTED, contact),
            News::Refused { contact } => self.news_of(chat::NEWS_REFUSED, contact),
            News::ContactChanged { contact } => self.news_of(chat::NEWS_CONTACT_CHANGED, contact),
            News::AskedAgain { contact } => self.news_of(chat::NEWS_ASKED_AGAIN, contact),
        }]
    }

    fn news_of(&self, key: Key, contact: &ContactId) -> Part {
        self.text(key, &[("id", self.id(contact))])
    }

    /// One text of ours.
    pub fn say(&self, key: Key, args: &[(&'static str, Value<'_>)]) -> String {
        self.language.say_with(key, args)
    }

    fn text(&self, key: Key, args: &[(&'static str, Value<'_>)]) -> Part {
        Part::Text(self.say(key, args))
    }

    /// `Ada Lovelace (ada)`, sanitized.
    fn who(&self, name: &str, contact: &ContactId) -> Value<'static> {
        self.name_and_id(name, contact).into()
    }

    fn hit(&self, hit: &ContactHit) -> String {
        self.name_and_id(&hit.name, &hit.id)
    }

    fn name_and_id(&self, name: &str, contact: &ContactId) -> String {
        format!("{} ({})", self.markup.escape(&sanitize(name)), self.markup.id(&sanitize(contact.as_str())))
    }

    /// A contact's id, sanitized, and as it is where it is copied.
    pub(crate) fn id(&self, contact: &ContactId) -> Value<'static> {
        self.markup.id(&sanitize(contact.as_str())).into()
    }

    /// Other people's text.
    pub(crate) fn sanitized(&self, text: &str) -> Value<'static> {
        self.markup.escape(&sanitize(text)).into()
    }

    /// A text that is on one line and short already.
    pub(crate) fn escaped(&self, text: &str) -> Value<'static> {
        self.markup.escape(text).into()
    }

    /// `Alice Example (discord:80351110224678912)`.
    pub(crate) fn admin(&self, admin: &Admin) -> Value<'static> {
        if admin.platform == Platform::Page {
            return self.say(chat::SOMEBODY_ON_THE_PAGE, &[]).into();
        }
        let account = admin.to_string();
        match self.people.name(admin) {
            Some(name) => self.markup.escape(&format!("{} ({})", sanitize(name), sanitize(&account))).into(),
            None => self.sanitized(&account),
        }
    }

    fn named(&self, ids: &[ContactId]) -> String {
        let more = if ids.len() > NAMED_OTHERS { ", …" } else { "" };
        // Ids that differ only in what nobody sees would otherwise look the same here.
        let named =
            ids.iter().take(NAMED_OTHERS).map(|id| self.markup.id(&sanitize(&spelled_out(id.as_str()))));
        format!("{}{more}", named.collect::<Vec<_>>().join(", "))
    }

    fn time(&self, at: Timestamp, now: Timestamp) -> Value<'static> {
        if let Some(told) = self.markup.time(at) {
            return told.into();
        }
        texts::clock_time(&self.language, at, now, &self.time_zone).into()
    }

    fn mailed(&self, mailed: &Mailed) -> Vec<Part> {
        let args = [
            ("who", self.who(&mailed.name, &mailed.contact)),
            ("to", self.escaped(&mailed.to)),
            ("server", self.escaped(&mailed.accepted_by)),
            ("until", self.time(mailed.expires_at, mailed.issued_at)),
        ];
        let mut parts = vec![self.text(chat::MAILED, &args)];
        if let Some(outbox) = &mailed.outbox {
            parts.push(self.text(chat::MAILED_OUTBOX, &[("file", outbox.file.display().to_string().into())]));
            parts.push(Part::Mail(SecretText(outbox.text.clone())));
        }
        parts
    }

    fn delayed(&self, delayed: &Delayed) -> Part {
        let args = [
            ("who", self.who(&delayed.name, &delayed.contact)),
            ("to", self.escaped(&delayed.to)),
            ("answer", self.sanitized(&delayed.answer)),
            ("until", self.time(delayed.until, delayed.issued_at)),
        ];
        self.text(chat::DELAYED, &args)
    }

    /// The link with the reasons why it was not e-mailed, and their cures.
    pub(crate) fn handed_over(&self, handed_over: &HandedOver) -> Vec<Part> {
        let HandedOver { contact, name, reasons, link, issued_at } = handed_over;
        let mut parts = self.reasons(name, contact, reasons);
        let until = self.time(link.expires_at(), *issued_at);
        parts.push(self.text(chat::HAND_OVER, &[("who", self.who(name, contact)), ("until", until)]));
        parts.push(Part::Link(SecretText(link.expose().to_owned())));
        parts.extend(self.cures(reasons));
        parts
    }

    /// What stands beside a link that itself went by direct message.
    pub(crate) fn handed_over_by_direct_message(&self, handed_over: &HandedOver) -> Vec<Part> {
        let HandedOver { contact, name, reasons, link, issued_at } = handed_over;
        let mut parts = self.reasons(name, contact, reasons);
        let until = self.time(link.expires_at(), *issued_at);
        parts.push(self.text(chat::HAND_OVER_DIRECT, &[("until", until)]));
        parts
    }

    /// In place of a link that no direct message took to its admin, where it goes no other way.
    pub(crate) fn not_handed_over(&self, contact: &ContactId, is_withdrawn: bool) -> Part {
        let key = if is_withdrawn { chat::NOT_HANDED_OVER } else { chat::NOT_HANDED_OVER_GOOD };
        self.text(key, &[("id", self.id(contact))])
    }

    fn reasons(&self, name: &str, contact: &ContactId, reasons: &[HandOverReason]) -> Vec<Part> {
        let reason = |reason: &HandOverReason| {
            let whose = ("who", self.who(name, contact));
            let text = match reason {
                HandOverReason::MailServerNotConfigured => self.say(chat::REASON_NO_SERVER, &[]),
                HandOverReason::NoPrimaryEmail => self.say(chat::REASON_NO_EMAIL, &[whose]),
                HandOverReason::EmailShared { others } => {
                    let ids = self.named(others);
                    self.say(
                        chat::REASON_SHARED,
                        &[whose, ("count", others.len().into()), ("others", ids.into())],
                    )
                }
                HandOverReason::EmailSharingUndecided => self.say(chat::REASON_SHARING_UNDECIDED, &[whose]),
                HandOverReason::MailFailed { answer } => {
                    self.say(chat::REASON_FAILED, &[("answer", self.escaped(answer))])
                }
                HandOverReason::MailOutcomeUnknown { answer } => {
                    self.say(chat::REASON_UNKNOWN, &[("answer", self.escaped(answer))])
                }
                HandOverReason::AskedInstead => self.say(chat::REASON_INSTEAD, &[whose]),
                HandOverReason::AskedInHand => self.say(chat::REASON_IN_HAND, &[whose]),
            };
            Part::Text(text)
        };
        reasons.iter().map(reason).collect()
    }

    fn cures(&self, reasons: &[HandOverReason]) -> Vec<Part> {
        let cure = |reason: &HandOverReason| {
            let key = match reason {
                HandOverReason::MailServerNotConfigured => chat::CURE_NO_SERVER,
                HandOverReason::NoPrimaryEmail => chat::CURE_NO_EMAIL,
                HandOverReason::EmailShared { .. } => chat::CURE_SHARED,
                HandOverReason::EmailSharingUndecided => chat::CURE_SHARING_UNDECIDED,
                HandOverReason::MailFailed { .. } => chat::CURE_FAILED,
                HandOverReason::MailOutcomeUnknown { .. } => chat::CURE_UNKNOWN,
                HandOverReason::AskedInstead | HandOverReason::AskedInHand => return None,
            };
            Some(self.text(key, &[]))
        };
        reasons.iter().filter_map(cure).collect()
    }

    fn refused(&self, refused: &Refused, now: Timestamp) -> Part {
        match refused {
            Refused::NotAllowed => self.text(chat::NOT_ALLOWED, &[]),
            Refused::NoSuchContact { near } if near.is_empty() => self.text(chat::NO_SUCH_CONTACT, &[]),
            Refused::NoSuchContact { near } => {
                let near: Vec<String> = near.iter().map(|hit| self.hit(hit)).collect();
                Part::Text(format!(
                    "{}\n{}",
                    self.say(chat::NO_SUCH_CONTACT, &[]),
                    self.say(chat::NEAR, &[("near", near.join("; ").into())])
                ))
            }
            Refused::Protected { contact, name } => {
                self.text(chat::PROTECTED_REFUSED, &[("who", self.who(name, contact))])
            }
            Refused::CannotBeReset { contact, name, obstacle: Obstacle::OtherHash } => {
                self.text(chat::OTHER_HASH, &[("who", self.who(name, contact))])
            }
            Refused::CannotBeReset { contact, name, obstacle: Obstacle::NoChangeTime } => {
                self.text(chat::NO_CHANGE_TIME, &[("who", self.who(name, contact))])
            }
            Refused::NeedsApproval => self.text(chat::NEEDS_APPROVAL, &[]),
            Refused::MailedLinkOver => self.text(chat::MAILED_LINK_OVER, &[]),
            Refused::RedeemServerUnavailable => self.text(chat::REVOCATION_UNAVAILABLE, &[]),
            Refused::NobodyToAsk => self.text(chat::NOBODY_TO_ASK, &[]),
            Refused::AmbiguousContact(ids) => {
                let hides = ids.iter().any(|id| hides_something(id.as_str()));
                let key = if hides { chat::AMBIGUOUS_HIDDEN } else { chat::AMBIGUOUS };
                self.text(key, &[("ids", self.named(ids).into())])
            }
            Refused::Limit(limit, contact) => {
                let (key, limit, again_at) = match limit {
                    LimitReached::PerAdmin { limit, again_at } => (chat::LIMIT_ADMIN, limit, again_at),
                    LimitReached::PerContact { limit, again_at } => (chat::LIMIT_CONTACT, limit, again_at),
                };
                self.text(
                    key,
                    &[
                        ("limit", (*limit).into()),
                        ("id", self.id(contact)),
                        ("again", self.time(round_up(*again_at), now)),
                    ],
                )
            }
            Refused::RequestOver => self.text(chat::REQUEST_INTERRUPTED, &[]),
            Refused::HandOverOff { contact, name, reasons, not_withdrawn } => {
                let mut paragraphs = self.reasons_without_link(name, contact, reasons, *not_withdrawn, now);
                paragraphs.push(self.text(chat::HAND_OVER_OFF, &[]));
                paragraphs.extend(self.cures(reasons));
                let text = paragraphs
                    .into_iter()
                    .filter_map(|part| if let Part::Text(text) = part { Some(text) } else { None });
                Part::Text(text.collect::<Vec<_>>().join("\n"))
            }
            Refused::DirectoryUnavailable => self.text(chat::DIRECTORY_UNAVAILABLE, &[]),
            Refused::DirectoryUnusable => self.text(chat::DIRECTORY_UNUSABLE, &[]),
            Refused::AuditUnavailable => self.text(chat::AUDIT_UNAVAILABLE, &[]),
            Refused::AuditUnsound(unsound) => self.unsound(unsound),
            Refused::ClockBehind => self.text(chat::CLOCK_BEHIND, &[]),
            Refused::BindingSecretsDiffer => self.text(chat::BINDING_SECRETS_DIFFER, &[]),
            Refused::CannotMint => self.text(chat::CANNOT_MINT, &[]),
        }
    }

    fn waiting(&self, waiting: &AwaitingApproval, now: Timestamp) -> Vec<Part> {
        let AwaitingApproval { contact, name, reasons, to, not_withdrawn, is_protected, lapses_at, .. } =
            waiting;
        let mut parts = self.reasons_without_link(name, contact, reasons, *not_withdrawn, now);
        if *is_protected {
            parts.push(self.text(chat::PROTECTED, &[("who", self.who(name, contact))]));
        }
        let until = ("until", self.time(*lapses_at, now));
        parts.push(match to {
            Some(to) => self.text(chat::WAITING_MAIL, &[until, ("to", self.escaped(to))]),
            None => self.text(chat::WAITING, &[until]),
        });
        parts
    }

    /// The same reasons as for a link in hand, where there is no link. `not_withdrawn`: the link of a mail that may arrive yet is good until then.
    fn reasons_without_link(
        &self,
        name: &str,
        contact: &ContactId,
        reasons: &[HandOverReason],
        not_withdrawn: Option<Timestamp>,
        now: Timestamp,
    ) -> Vec<Part> {
        let reason = |reason: &HandOverReason| match reason {
            HandOverReason::AskedInstead => {
                vec![self.text(chat::WAITING_INSTEAD, &[("who", self.who(name, contact))])]
            }
            HandOverReason::MailOutcomeUnknown { answer } => {
                let answer = ("answer", self.escaped(answer));
                vec![match not_withdrawn {
                    Some(until) => {
                        let args = [answer, ("until", self.time(until, now)), ("id", self.id(contact))];
                        self.text(chat::WAITING_UNKNOWN_NOT_WITHDRAWN, &args)
                    }
                    None => self.text(chat::WAITING_UNKNOWN, &[answer]),
                }]
            }
            other => self.reasons(name, contact, std::slice::from_ref(other)),
        };
        reasons.iter().flat_map(reason).collect()
    }

    /// What a second person is asked, where all who may approve can read it: no link, and an address only masked.
    pub(crate) fn question(&self, question: &Question, now: Timestamp) -> Vec<Part> {
        let Question { contact, name, admin, reasons, to, not_withdrawn, is_protected, lapses_at, .. } =
            question;
        let who = || ("who", self.who(name, contact));
        let mut parts = vec![self.text(chat::QUESTION, &[who(), ("admin", self.admin(admin))])];
        parts.extend(self.reasons_without_link(name, contact, reasons, *not_withdrawn, now));
        if *is_protected {
            parts.push(self.text(chat::PROTECTED, &[who()]));
        }
        let args = [("admin", self.admin(admin)), ("until", self.time(*lapses_at, now))];
        parts.push(match to {
            Some(to) => {
                let to = ("to", self.escaped(to));
                self.text(chat::QUESTION_MAIL, &args.into_iter().chain([to]).collect::<Vec<_>>())
            }
            None => self.text(chat::QUESTION_HAND_OVER, &args),
        });
        parts
    }

    /// What stands in place of the question once it is answered.
    pub(crate) fn question_over(&self, request: &Request, state: &RequestState) -> Vec<Part> {
        let args = [("id", self.id(&request.contact)), ("admin", self.admin(&request.admin))];
        vec![self.text(chat::QUESTION_OVER, &args), self.request_over(state)]
    }

    /// What the help desk is asked, where all who read the channel can read it: no link, no address in full, and nothing that a stranger typed.
    pub(crate) fn help_question(&self, question: &HelpQuestion, now: Timestamp) -> Vec<Part> {
        let HelpQuestion { contact, name, reasons, to, is_protected, obstacle, lapses_at, .. } = question;
        let who = || ("who", self.who(name, contact));
        let mut parts = vec![self.text(chat::HELP_QUESTION, &[who()])];
        parts.extend(self.reasons(name, contact, reasons));
        match obstacle {
            Some(Obstacle::OtherHash) => parts.push(self.text(chat::OTHER_HASH, &[who()])),
            Some(Obstacle::NoChangeTime) => parts.push(self.text(chat::NO_CHANGE_TIME, &[who()])),
            None => {}
        }
        if *is_protected {
            parts.push(self.text(chat::PROTECTED, &[who()]));
        }
        if let Some(to) = to {
            parts.push(self.text(chat::HELP_TO, &[("to", self.escaped(to))]));
        }
        let args = [("until", self.time(*lapses_at, now)), ("id", self.id(contact))];
        parts.push(self.text(chat::HELP_NEXT, &args));
        parts
    }

    /// What stands in place of the question once it is answered.
    pub(crate) fn help_question_over(&self, request: &HelpRequest, state: &HelpState) -> Vec<Part> {
        let id = ("id", self.id(&request.contact));
        vec![self.text(chat::HELP_QUESTION_OVER, &[id]), self.help_state(state)]
    }

    /// So many have asked that nobody else is asked about before then.
    pub(crate) fn help_flood(&self, asked: usize, until: Timestamp, now: Timestamp) -> Vec<Part> {
        let args = [("count", asked.into()), ("until", self.time(round_up(until), now))];
        vec![self.text(chat::HELP_FLOOD, &args)]
    }

    fn help_state(&self, state: &HelpState) -> Part {
        match state {
            HelpState::Open => self.text(chat::REQUEST_OPEN, &[]),
            HelpState::Answered(by) => self.text(chat::HELP_ANSWERED, &[("admin", self.admin(by))]),
            HelpState::Dismissed(by) => self.text(chat::HELP_WAS_DISMISSED, &[("admin", self.admin(by))]),
            HelpState::Served => self.text(chat::HELP_SERVED, &[]),
            HelpState::Closed(HelpClosing::Lapsed) => self.text(chat::HELP_LAPSED, &[]),
            HelpState::Closed(HelpClosing::NotPosted) => self.text(chat::REQUEST_NOT_POSTED, &[]),
        }
    }

    fn request_over(&self, state: &RequestState) -> Part {
        match state {
            RequestState::Open => self.text(chat::REQUEST_OPEN, &[]),
            RequestState::Approved(by) => self.text(chat::REQUEST_APPROVED, &[("admin", self.admin(by))]),
            RequestState::Closed(Closing::Declined, Some(by)) => {
                self.text(chat::REQUEST_DECLINED, &[("admin", self.admin(by))])
            }
            RequestState::Closed(Closing::NotPosted, _) => self.text(chat::REQUEST_NOT_POSTED, &[]),
            RequestState::Closed(Closing::RequesterMayNoLonger, _) => self.text(chat::REQUEST_REQUESTER, &[]),
            RequestState::Closed(Closing::Revoked, _) => self.text(chat::REQUEST_REVOKED, &[]),
            RequestState::Closed(Closing::Interrupted, _) => self.text(chat::REQUEST_INTERRUPTED, &[]),
            RequestState::Closed(Closing::ContactChanged, _) => self.text(chat::REQUEST_CONTACT_CHANGED, &[]),
            RequestState::Closed(Closing::Refused, _) => self.text(chat::REQUEST_REFUSED, &[]),
            RequestState::Closed(Closing::AskedAgain, _) => self.text(chat::REQUEST_ASKED_AGAIN, &[]),
            RequestState::Closed(_, _) => self.text(chat::REQUEST_LAPSED, &[]),
        }
    }

    /// What stands in place of a link that is over.
    pub(crate) fn link_over(&self, contact: &ContactId, fate: Fate, now: Timestamp) -> Vec<Part> {
        let args = [("id", self.id(contact)), ("fate", self.fate(fate, now).into())];
        vec![self.text(chat::MESSAGE_OVER, &args)]
    }

    fn mistake(&self, mistake: &Mistake) -> Part {
        let (key, command) = match mistake {
            Mistake::NoSuchCommand(nearest) => (chat::MISTAKE_COMMAND, nearest),
            Mistake::NoContact(command) => (chat::MISTAKE_NO_CONTACT, command),
            Mistake::OpenQuote(command) => (chat::MISTAKE_QUOTE, command),
            Mistake::MoreThanOneWord(command) => (chat::MISTAKE_WORDS, command),
            Mistake::LinkDiffers(command) => (chat::MISTAKE_LINK, command),
            Mistake::TooLong(command) => (chat::MISTAKE_TOO_LONG, command),
        };
        self.text(key, &[("command", CommandName::as_str(*command).into())])
    }

    /// The audit is not what was written, and what mends it.
    fn unsound(&self, unsound: &Unsound) -> Part {
        let file = self.sanitized(&unsound.file.display().to_string());
        self.text(chat::AUDIT_UNSOUND, &[("file", file), ("line", unsound.line.into())])
    }

    fn status(&self, status: &Status) -> Vec<Part> {
        let whose = || ("who", self.who(&status.name, &status.contact));
        let mut parts: Vec<_> = status.unsound.iter().map(|unsound| self.unsound(unsound)).collect();
        if status.links.is_empty() {
            parts.push(self.text(chat::STATUS_NONE, &[whose()]));
            return parts;
        }
        parts.push(self.text(chat::STATUS, &[whose(), ("count", status.links.len().into())]));
        let newest = status.links.iter().rev().take(STATUS_LINKS);
        parts.extend(newest.map(|link| self.text(chat::STATUS_LINK, &self.story(link, status.now))));
        parts
    }

    /// What has become of a link, where nothing more is known of it.
    fn fate(&self, fate: Fate, now: Timestamp) -> String {
        let at = |at: Timestamp| [("at", self.time(at, now))];
        match fate {
            Fate::Outstanding => self.say(chat::FATE_GOOD, &[]),
            Fate::Expired => self.say(chat::FATE_EXPIRED, &[]),
            Fate::Redeemed(when) => self.say(chat::FATE_REDEEMED, &at(when)),
            Fate::Unsettled(when) => self.say(chat::FATE_UNSETTLED, &at(when)),
            Fate::Withdrawn(when) => self.say(chat::FATE_WITHDRAWN, &at(when)),
            Fate::Overtaken(when) => self.say(chat::FATE_OVERTAKEN, &at(when)),
            Fate::LedgerIsYounger(when) => self.say(chat::FATE_LEDGER, &at(when)),
        }
    }

    fn story<'a>(&self, link: &IssuedLink, now: Timestamp) -> [(&'static str, Value<'a>); 5] {
        let fate = match link.fate(now) {
            Fate::Outstanding => {
                self.say(chat::FATE_OUTSTANDING, &[("until", self.time(link.expires_at, now))])
            }
            Fate::Expired => self.say(chat::FATE_EXPIRED_AT, &[("at", self.time(link.expires_at, now))]),
            fate => self.fate(fate, now),
        };
        let way = match (&link.mailed_to, link.is_handed_over) {
            (Some(to), _) => self.say(chat::WAY_MAILED, &[("to", self.escaped(to))]),
            (None, true) => self.say(chat::WAY_HANDED_OVER, &[]),
            (None, false) if link.is_delayed => self.say(chat::WAY_DELAYED, &[]),
            (None, false) => self.say(chat::WAY_NONE, &[]),
        };
        [
            ("issued", self.time(link.issued_at, now)),
            ("link", self.escaped(&short_form(link.link_id))),
            ("admin", self.admin(&link.admin)),
            ("way", way.into()),
            ("fate", fate.into()),
        ]
    }
}

/// Enough of a link's id to tell a contact's links apart, and to find them in the audit.
pub(crate) fn short_form(link_id: LinkId) -> String {
    const CHARACTERS: usize = 8;
    link_id.to_string().chars().take(CHARACTERS).collect()
}

/// Clock times are told in minutes: "again at" must not be too early.
fn round_up(at: Timestamp) -> Timestamp {
    const MINUTE: i64 = 60_000;
    let millisecond = at.as_millisecond();
    let past = millisecond.rem_euclid(MINUTE);
    let up = if past == 0 { 0 } else { MINUTE - past };
    Timestamp::from_millisecond(millisecond.saturating_add(up)).unwrap_or(at)
}
