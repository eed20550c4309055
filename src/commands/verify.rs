use std::io::{BufRead as _, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use config::AllInOne;
use keys::{LinkError, TrustedKeys, UntrustedToken, wire_time};
use redeem_server::ledger::Published;
use reqwest::StatusCode;
use reset_link::exit_error::{ExitError, FAILED};
use reset_link::key_files;
use reset_link::machine::now;
use reset_link::redeem_half::load_trusted_keys;

use crate::cli::SettingsArgs;
use crate::outcome::{NO, ask_aside, say};
use crate::settings;

/// More than any link; what is longer is cut, and is no link.
const MAX_INPUT_BYTES: u64 = 8 * 1024;

pub(super) async fn verify(
    link: Option<&str>,
    public_keys: &[PathBuf],
    args: &SettingsArgs,
) -> Result<ExitCode, ExitError> {
    if link.is_some_and(|link| link != "-") {
        return Err(ExitError::misused(
            "a link does not belong on the command line: everybody on this machine can read it there, and shells keep what was typed. \
             Type `reset-link verify` and paste the link when asked, or give it on standard input: `reset-link verify - < FILE`",
        ));
    }
    let config = if public_keys.is_empty() { Some(settings::load(args)?.config) } else { None };
    let trusted = match &config {
        Some(config) => trusted(config)?,
        None => load_trusted_keys(public_keys)?,
    };
    let configured_url = config.as_ref().map(|config| config.bot.public_url.as_str());
    let text = read_link(std::io::stdin())?;
    // Without a config the public URL is what the link says: it is signed as well.
    let plain = keys::spelling::decode_unreserved(&text);
    let Some(public_url) = configured_url.or_else(|| public_url_of(&plain)) else {
        return Err(ExitError::misused("that is no whole link: it begins with https:// and holds /r/"));
    };
    let token = UntrustedToken::from_link(&text, public_url);
    let made_for = match token.verify(&trusted, public_url, now()) {
        Ok(link) => {
            say("genuine:  yes");
            say(format_args!("contact:  {}", link.contact()));
            say(format_args!("link id:  {}", link.link_id()));
            say(format_args!("issued:   {}", wire_time::format(link.issued_at())));
            say(format_args!("expires:  {}", wire_time::format(link.expires_at())));
            say(format_args!("key id:   {}", link.key_id()));
            link.ledger_epoch()
        }
        Err(LinkError::Expired(link)) => {
            say("genuine:  yes");
            say(format_args!("contact:  {}", link.contact));
            say(format_args!("link id:  {}", link.link_id));
            say(format_args!("expired:  {}", wire_time::format(link.expires_at)));
            say(format_args!("key id:   {}", link.key_id));
            say("good:     no, expired");
            return Ok(ExitCode::from(NO));
        }
        Err(LinkError::OfVersion1(link)) => {
            say("genuine:  yes");
            say(format_args!("contact:  {}", link.contact));
            say(format_args!("link id:  {}", link.link_id));
            say(format_args!("expires:  {}", wire_time::format(link.expires_at)));
            say(format_args!("key id:   {}", link.key_id));
            say("good:     no: made before the upgrade of reset-link; issue a new one");
            return Ok(ExitCode::from(NO));
        }
        Err(error) => {
            say(format_args!("genuine:  no ({error})"));
            return Ok(ExitCode::from(NO));
        }
    };
    // Where the ledger is on another machine there is nothing to compare with: its redeem server knows.
    if let Some(config) = &config
        && let Ok(ledger) = Published::read(&config.redeem_server.ledger.dir)
        && ledger.ledger_epoch != made_for
    {
        say(format_args!(
            "good:     no: made for another ledger than {}, which began at {} (the former one was lost or moved away); issue a new one",
            config.redeem_server.ledger.dir.display(),
            wire_time::format(ledger.began_at)
        ));
        return Ok(ExitCode::from(NO));
    }
    let answer = ask(&format!("{public_url}/r/{}", token.as_str())).await;
    let (good, code) = match answer {
        Ok(StatusCode::OK) => ("yes".to_owned(), ExitCode::SUCCESS),
        Ok(StatusCode::GONE) => (
            "no: used, withdrawn, overtaken by a change of password or e-mail, or made for another ledger"
                .to_owned(),
            ExitCode::from(NO),
        ),
        Ok(StatusCode::CONFLICT) => ("in use at this moment".to_owned(), ExitCode::from(NO)),
        Ok(status) => (
            format!("not known: the redeem server at {public_url} answered {status}"),
            ExitCode::from(FAILED),
        ),
        Err(error) => (
            format!("not known: the redeem server at {public_url} does not answer ({error})"),
            ExitCode::from(FAILED),
        ),
    };
    say(format_args!("good:     {good}"));
    Ok(code)
}

/// Whose links are accepted: the public half of the secret where it is, otherwise of the file beside it, on a machine that checks links and does not make them.
fn trusted(config: &AllInOne) -> Result<TrustedKeys, ExitError> {
    let keys = &config.bot.keys;
    if keys.signing_key_file.exists() || !keys.public_key_file().exists() {
        return Ok(key_files::keyring(keys)?.trusted().clone());
    }
    load_trusted_keys(&config.redeem_server.keys.public_key_files)
}

/// The link on standard input; asked for where a person sits there.
fn read_link(input: impl Read + IsTerminal) -> Result<String, ExitError> {
    let mut text = String::new();
    let is_terminal = input.is_terminal();
    let mut input = BufReader::new(input.take(MAX_INPUT_BYTES));
    let read = if is_terminal {
        ask_aside("The link (paste it, then Enter): ");
        input.read_line(&mut text)
    } else {
        input.read_to_string(&mut text)
    };
    read.context("standard input cannot be read")?;
    match text.trim() {
        "" => Err(ExitError::misused("there is no link on standard input")),
        link => Ok(link.to_owned()),
    }
}

/// What stands before `/r/` and a token.
fn public_url_of(link: &str) -> Option<&str> {
    let link = link.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
    let is_url = link.starts_with("https://") || link.starts_with("http://");
    link.split_once("/r/v4.public.").map(|(url, _)| url).filter(|_| is_url)
}

/// A GET, which never uses a link up. The error's text does not hold the link.
async fn ask(link: &str) -> Result<StatusCode, reqwest::Error> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    client.get(link).send().await.map(|answer| answer.status()).map_err(reqwest::Error::without_url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_link_says_its_own_public_url() {
        assert_eq!(public_url_of("https://a.example/x/r/v4.public.eyJ"), Some("https://a.example/x"));
        assert_eq!(public_url_of("<https://a.example/r/v4.public.eyJ>"), Some("https://a.example"));
        assert_eq!(public_url_of("v4.public.eyJ"), None);
        assert_eq!(public_url_of("ftp://a.example/r/v4.public.eyJ"), None);
    }
}
