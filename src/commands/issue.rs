use std::process::ExitCode;

use bot::policy::{HandOverReason, LimitReached};
use bot::words::Part;
use bot::{Admin, Issued, Platform, Refused, Reply};
use contacts::Obstacle;
use reset_link::bot_half::{self, BotParts};
use reset_link::exit_error::ExitError;
use reset_link::ledger_holder::published_epoch;
use reset_link::machine::now;
use reset_link::os_user;
use serde::Serialize;

use super::links::how_to_allow;
use super::no_such_contact::say_no_such_contact;
use crate::cli::SettingsArgs;
use crate::outcome::{HANDED_OVER, REFUSED, say, say_aside, say_json};
use crate::{exposure, logging, settings};

pub(super) async fn issue(
    contact: Option<String>,
    bare: Option<String>,
    json: bool,
    args: &SettingsArgs,
) -> Result<ExitCode, ExitError> {
    let contact = match (contact, bare) {
        (Some(contact), None) => contact,
        (None, None) => {
            return Err(ExitError::misused("whose link? The form: reset-link issue --contact ID"));
        }
        (_, Some(bare)) => {
            return Err(ExitError::misused(format!(
                "whose link? An id stands behind --contact: reset-link issue --contact {}",
                in_shell(&bare)
            )));
        }
    };
    let loaded = settings::load(args)?;
    logging::start(&loaded.config.bot.log.level);
    exposure::refuse(&loaded)?;
    let config = &loaded.config.bot;
    let parts = BotParts::load(config, contacts::open::lookup(&config.contacts).await?)?;
    let ledger_epoch = published_epoch(config, &parts.binding_secret)?;
    let bot = bot_half::bot(config, parts, ledger_epoch)?;
    let admin = Admin { platform: Platform::Shell, user: os_user::login() };
    let issued = bot.issue(&admin.clone().into(), &contact).await;
    let code = match &issued {
        Issued::Mailed(_) | Issued::Delayed(_) => ExitCode::SUCCESS,
        Issued::HandedOver(_) => ExitCode::from(HANDED_OVER),
        Issued::AwaitingApproval(_) | Issued::Refused(_) => ExitCode::from(REFUSED),
    };
    let is_stranger = matches!(issued, Issued::Refused(Refused::NotAllowed));
    let words = bot_half::words(config);
    if json {
        say_json(&Answer::new(&issued))?;
    } else if let Issued::Refused(Refused::NoSuchContact { near }) = &issued {
        say_no_such_contact(&words, "issue --contact", near);
    } else {
        for part in words.reply(&Reply::Issue(issued), now()) {
            match part {
                Part::Text(text) => say(text),
                Part::Link(link) => say(format_args!("\n{}\n", link.expose())),
                Part::Mail(mail) => say(mail.expose()),
            }
        }
    }
    if is_stranger {
        say_aside(how_to_allow(&admin.user));
    }
    bot.drain().await;
    Ok(code)
}

/// A word as a POSIX shell takes it, without what acts on a terminal.
pub(super) fn in_shell(word: &str) -> String {
    let word: String = word.chars().filter(|character| !character.is_control()).collect();
    let is_plain = |character: char| character.is_alphanumeric() || "-_.@+".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The JSON form; a script reads it.
#[derive(Serialize)]
struct Answer<'a> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<&'a str>,
    /// Why it was not e-mailed, or why there is none.
    reasons: Vec<Reason<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    /// The masked address.
    #[serde(skip_serializing_if = "Option::is_none")]
    mailed_to: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_by: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Reason<'a> {
    pub(super) reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) detail: Option<String>,
}

impl<'a> Answer<'a> {
    fn new(issued: &'a Issued) -> Self {
        let none = Self {
            outcome: "refused",
            contact: None,
            reasons: Vec::new(),
            link: None,
            link_id: None,
            expires: None,
            mailed_to: None,
            accepted_by: None,
        };
        match issued {
            Issued::Mailed(mailed) => Self {
                outcome: "mailed",
                contact: Some(mailed.contact.as_str()),
                link_id: Some(mailed.link_id.to_string()),
                expires: Some(keys::wire_time::format(mailed.expires_at)),
                mailed_to: Some(&mailed.to),
                accepted_by: Some(&mailed.accepted_by),
                ..none
            },
            Issued::HandedOver(handed_over) => Self {
                outcome: "handed_over",
                contact: Some(handed_over.contact.as_str()),
                reasons: not_mailed(&handed_over.reasons),
                link: Some(handed_over.link.expose()),
                link_id: Some(handed_over.link.link_id().to_string()),
                expires: Some(keys::wire_time::format(handed_over.link.expires_at())),
                ..none
            },
            Issued::Delayed(delayed) => Self {
                outcome: "delayed",
                contact: Some(delayed.contact.as_str()),
                link_id: Some(delayed.link_id.to_string()),
                mailed_to: Some(&delayed.to),
                ..none
            },
            Issued::AwaitingApproval(waiting) => Self { reasons: not_mailed(&waiting.reasons), ..none },
            Issued::Refused(refused) => Self { reasons: refusal(refused), ..none },
        }
    }
}

fn not_mailed(reasons: &[HandOverReason]) -> Vec<Reason<'_>> {
    reasons.iter().map(|reason| Reason { reason: reason.as_str(), detail: reason.detail() }).collect()
}

pub(super) fn refusal(refused: &Refused) -> Vec<Reason<'_>> {
    let detail = match refused {
        Refused::NoSuchContact { near } if !near.is_empty() => {
            let near: Vec<_> = near.iter().map(|hit| hit.id.as_str()).collect();
            Some(format!("near: {}", near.join(", ")))
        }
        Refused::AmbiguousContact(ids) => {
            Some(ids.iter().map(keys::ContactId::as_str).collect::<Vec<_>>().join(", "))
        }
        Refused::Limit(
            LimitReached::PerAdmin { again_at, .. } | LimitReached::PerContact { again_at, .. },
            _,
        ) => Some(again(*again_at)),
        Refused::CannotBeReset { obstacle: Obstacle::OtherHash, .. } => Some("other_hash".to_owned()),
        Refused::CannotBeReset { obstacle: Obstacle::NoChangeTime, .. } => Some("no_change_time".to_owned()),
        Refused::AuditUnsound(unsound) => Some(unsound.to_string()),
        _ => None,
    };
    let mut all = vec![Reason { reason: refused.as_str(), detail }];
    if let Refused::HandOverOff { reasons, not_withdrawn, .. } = refused {
        all.extend(not_mailed(reasons));
        all.extend(not_withdrawn.map(|until| Reason {
            reason: "link_not_withdrawn",
            detail: Some(format!("good until {}", keys::wire_time::format(until))),
        }));
    }
    all
}

fn again(at: jiff::Timestamp) -> String {
    format!("again at {}", keys::wire_time::format(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_a_shell_takes_it() {
        assert_eq!(in_shell("ada"), "ada");
        assert_eq!(in_shell("さくら"), "さくら");
        assert_eq!(in_shell("Ada Lovelace"), "'Ada Lovelace'");
        assert_eq!(in_shell("o'brien; rm"), r"'o'\''brien; rm'");
        assert_eq!(in_shell("a\u{1b}[2J"), "'a[2J'");
        assert_eq!(in_shell(""), "''");
    }
}
