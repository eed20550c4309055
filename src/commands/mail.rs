use std::process::ExitCode;

use bot::mail::{MailBranding, Progress, StepFailure, StepReport, try_server};
use keys::{EmailAddress, LinkId};
use reset_link::exit_error::ExitError;
use reset_link::machine::{fill_random, now};

use crate::cli::SettingsArgs;
use crate::outcome::{NO, say};
use crate::settings;

pub(super) async fn test(address: &str, args: &SettingsArgs) -> Result<ExitCode, ExitError> {
    let config = settings::load(args)?.config;
    let Some(settings) = &config.bot.mail else {
        return Err(ExitError::misused(
            "no mail server is configured: fill in the section [mail] and name the file with --config",
        ));
    };
    let Some(to) = EmailAddress::new(address) else {
        return Err(ExitError::misused(format!("{address:?} is no e-mail address")));
    };
    let mut random = [0; 24];
    fill_random(&mut random);
    let mail = MailBranding::new(&config.bot.organisation).map_err(ExitError::misused)?.test_mail(
        &to,
        LinkId::from_random(random),
        now(),
    );
    say(format_args!("{}:{}", settings.host, settings.port));
    let mut on_step = |report: StepReport| match report.progress {
        Progress::Begun => {}
        Progress::Done(detail) => say(format_args!("  {:<10} ok  {detail}", report.step.to_string())),
        Progress::Skipped => {
            say(format_args!("  {:<10} --  not asked for by the settings", report.step.to_string()));
        }
    };
    match try_server(settings, &mail, &mut on_step).await {
        Ok(accepted) => {
            say(format_args!(
                "Accepted by {}: {}\nAccepted is not delivered: look whether it arrives.",
                accepted.by, accepted.answer
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            say(format_args!("  FAILED     {failure}"));
            if let StepFailure::Step { cure, .. } = &failure {
                say(cure);
            }
            Ok(ExitCode::from(NO))
        }
    }
}
