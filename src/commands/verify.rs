use std::process::ExitCode;
use std::time::Duration;

use keys::{LinkError, UntrustedToken, wire_time};
use reqwest::StatusCode;

use crate::cli::Place;
use crate::outcome::{Ended, FAILED, NO, say};
use crate::setup::{self, now};

pub(super) async fn verify(link: &str, place: &Place) -> Result<ExitCode, Ended> {
    let config = setup::load(place)?.config;
    let trusted = setup::keyring(&config)?.trusted().clone();
    let public_url = config.server.public_url.as_str();
    let token = UntrustedToken::from_link(link, public_url);
    match token.verify(&trusted, public_url, now()) {
        Ok(link) => {
            say("genuine:  yes");
            say(format_args!("contact:  {}", link.contact()));
            say(format_args!("link id:  {}", link.link_id()));
            say(format_args!("issued:   {}", wire_time::format(link.issued_at())));
            say(format_args!("expires:  {}", wire_time::format(link.expires_at())));
            say(format_args!("key id:   {}", link.key_id()));
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
        Err(error) => {
            say(format_args!("genuine:  no ({error})"));
            return Ok(ExitCode::from(NO));
        }
    }
    let answer = ask(&format!("{public_url}/r/{}", token.as_str())).await;
    let (good, code) = match answer {
        Ok(StatusCode::OK) => ("yes".to_owned(), ExitCode::SUCCESS),
        Ok(StatusCode::GONE) => (
            "no: used, withdrawn, or overtaken by a change of password or e-mail".to_owned(),
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

/// A GET, which never uses a link up. The error's text does not hold the link.
async fn ask(link: &str) -> Result<StatusCode, reqwest::Error> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    client.get(link).send().await.map(|answer| answer.status()).map_err(reqwest::Error::without_url)
}
