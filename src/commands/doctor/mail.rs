use bot::doctor::Finding;
use bot::mail::{MailBranding, Progress, Step, StepFailure, StepReport, try_login};
use config::{AllInOne, HandOver};

use super::Sheet;

const MAIL: &str = "mail";
const CLEARTEXT: &str = "mail.allow_cleartext";
const FROM: &str = "organisation.mail_from";
const REPLY_TO: &str = "organisation.mail_reply_to";

pub(super) async fn check(config: &AllInOne, sheet: &mut Sheet) {
    let Some(settings) = &config.bot.mail else {
        sheet.put(without(config.bot.links.hand_over));
        return;
    };
    let server = format!("{}:{}", settings.host, settings.port);
    let mut encrypted = None;
    let mut is_logged_in = false;
    let mut on_step = |report: StepReport| match (report.step, report.progress) {
        (Step::Tls, Progress::Done(version)) => encrypted = Some(version),
        (Step::Login, Progress::Done(_)) => is_logged_in = true,
        _ => {}
    };
    let outcome = try_login(settings, &mut on_step).await;
    let how = encrypted.unwrap_or_else(|| "not encrypted".to_owned());
    let login = if is_logged_in { "takes the login" } else { "answers, and no login is set" };
    sheet.put(match outcome {
        Ok(()) => Finding::ok(
            MAIL,
            format!("{server} {login} ({how}); `reset-link mail test ADDRESS` sends a mail"),
        ),
        Err(StepFailure::Step { failure, cure }) => Finding::fail(MAIL, format!("{server}: {failure}"), cure),
        Err(StepFailure::Settings(error)) => {
            Finding::fail(MAIL, error.to_string(), "correct it in [mail]; for a CA file, PEM is wanted")
        }
    });
    if settings.is_cleartext() {
        sheet.put(Finding::warn(
            CLEARTEXT,
            format!("links go to {server} in clear text: whoever can read that network can use them"),
            "set mail.security to \"starttls\" or \"tls\", and remove mail.allow_cleartext",
        ));
    }
    if let Err(error) = MailBranding::new(&config.bot.organisation) {
        let cure = "write `help@example.org` or `Help desk <help@example.org>`";
        sheet.put(Finding::fail(FROM, error.to_string(), cure));
    }
    if config.bot.organisation.mail_reply_to.is_none() {
        sheet.put(Finding::warn(
            REPLY_TO,
            "is not set: mails ask contacts to tell you when something is wrong, and an answer goes to organisation.mail_from",
            "set it to an address that somebody reads, even where it is the same one",
        ));
    }
}

fn without(hand_over: HandOver) -> Finding {
    let cure = "fill in [mail] and organisation.mail_from";
    match hand_over {
        HandOver::Refuse => Finding::fail(
            MAIL,
            "there is no mail server, and links.hand_over is \"refuse\": nobody ever gets a link",
            format!("{cure}, or set links.hand_over to \"show\" or \"approve\""),
        ),
        HandOver::Show | HandOver::Approve => {
            Finding::warn(MAIL, "there is no mail server: every link is handed over to the admin", cure)
        }
    }
}
