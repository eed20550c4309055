//! A developer's preview: writes every page, in every language, into a folder, to be opened in a browser.
//!
//! ```text
//! cargo run -p reset-link-redeem-server --example pages -- target/pages [logo.png [#0f5f6b]]
//! ```

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use contacts::{PasswordPolicy, PasswordRefusal};
use jiff::Timestamp;
use keys::{
    ContactId, Keyring, LinkId, NewObjection, ObjectionLink, ObjectionSubject, SecretKey, VerifiedObjection,
};
use reset_link_redeem_server::pages::{ChangeFailure, Notice, Page, PageRequest, Site};
use reset_link_redeem_server::password::{BrokenRule, OwnData, Rules};
use reset_link_redeem_server::redeem::{Account, Form, Outcome};

const RULES: Rules = Rules { min_length: 12, min_strength: 3 };

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "target/pages".to_owned()));
    fs::create_dir_all(folder.join("assets"))?;
    let folder = folder.canonicalize()?;
    // The folder as the public URL's path, so that the pages find their style sheet there.
    let public_url = format!("file://{}", folder.display());
    for language in ["en", "de"] {
        let site = Site::new(&organisation(language), &public_url, RULES);
        for asset in site.assets().all() {
            fs::write(folder.join("assets").join(asset.file_name()), asset.content.as_bytes())?;
        }
        let now = Timestamp::from_second(1_800_000_000 - 12 * 60).expect("a time");
        let request = PageRequest { token: "v4.public.preview", accept_language: None, now };
        for (name, outcome) in forms(language) {
            let mut byte = 0_u8;
            let mut random = |buffer: &mut [u8]| {
                byte = byte.wrapping_add(53);
                buffer.fill(byte % 200);
            };
            write(&folder, language, name, &site.answer(&outcome, &request, &mut random))?;
        }
        let account = Account {
            contact: ContactId::new("ada").expect("a contact id"),
            name: "Ada Lovelace".to_owned(),
            language: Some(language.to_owned()),
        };
        write(&folder, language, "done-for-ada", &site.done(account, None))?;
        write(&folder, language, "start", &site.start(config::Forgot::Mail, true, None))?;
        write(&folder, language, "start-forgot", &site.start(config::Forgot::Mail, false, None))?;
        write(&folder, language, "start-change", &site.start(config::Forgot::Off, true, None))?;
        write(&folder, language, "forgot", &site.forgot(config::Forgot::Mail, false, None))?;
        write(&folder, language, "forgot-empty", &site.forgot(config::Forgot::Ask, true, None))?;
        let policy = PasswordPolicy::default();
        let whose = OwnData { id: "ada", name: "Ada Lovelace", email: None };
        let broken = ChangeFailure::Broken(RULES.check("password1", "password2", whose, &policy));
        for (name, failure) in [
            ("change", None),
            ("change-incomplete", Some(ChangeFailure::Incomplete)),
            ("change-does-not-match", Some(ChangeFailure::DoesNotMatch)),
            ("change-rejected", Some(broken)),
        ] {
            write(&folder, language, name, &site.change("ada", failure.as_ref(), &policy, None))?;
        }
        for (name, subject) in
            [("objection-link", ObjectionSubject::Link), ("objection-change", ObjectionSubject::Change)]
        {
            let objection = objection(&public_url, subject, now);
            write(&folder, language, name, &site.objection(&objection, &request))?;
        }
        for notice in Notice::one_of_each() {
            let name = format!("{notice:?}").split([' ', '{', '(']).next().unwrap_or_default().to_lowercase();
            write(&folder, language, &name, &site.notice(&notice, None))?;
        }
    }
    Ok(())
}

/// What somebody may object to just after it happened.
fn objection(public_url: &str, subject: ObjectionSubject, now: Timestamp) -> VerifiedObjection {
    let keyring = Keyring::new(SecretKey::from_seed(&[7; 32]), []);
    let new = NewObjection {
        contact: ContactId::new("ada").expect("a contact id"),
        event: LinkId::from_random([7; 24]),
        subject,
        at: now,
    };
    let link = ObjectionLink::sign(&keyring, public_url, &new);
    let token = link.expose().rsplit('/').next().unwrap_or_default();
    VerifiedObjection::verify(token, keyring.trusted(), public_url, now).expect("a genuine objection")
}

fn write(folder: &Path, language: &str, name: &str, page: &Page) -> io::Result<()> {
    fs::write(folder.join(format!("{name}-{language}.html")), &page.html)
}

fn forms(language: &str) -> [(&'static str, Outcome); 7] {
    let form = || Form {
        contact: ContactId::new("ada").expect("a contact id"),
        name: "Ada Lovelace".to_owned(),
        language: Some(language.to_owned()),
        expires_at: Timestamp::from_second(1_800_000_000).expect("a time"),
        policy: PasswordPolicy::default(),
    };
    let whose = OwnData { id: "ada", name: "Ada Lovelace", email: Some("ada@example.org") };
    let limited = Form {
        contact: ContactId::new("königin-der-mathematik@forschung.example.org").expect("a contact id"),
        name: "Augusta Ada King-Noel, Countess of Lovelace".to_owned(),
        policy: PasswordPolicy {
            min_chars: Some(14),
            max_bytes: Some(72),
            min_kinds: Some(3),
            remembers: Some(24),
            not_before: Some(Timestamp::from_second(1_800_086_400).expect("a time")),
        },
        ..form()
    };
    [
        ("form", Outcome::Form(form())),
        ("form-long", Outcome::Form(limited)),
        (
            "rejected",
            Outcome::Rejected(
                form(),
                RULES.check("password1", "password2", whose, &PasswordPolicy::default()),
            ),
        ),
        (
            "rejected-weak",
            Outcome::Rejected(
                form(),
                RULES.check("password1234", "password1234", whose, &PasswordPolicy::default()),
            ),
        ),
        ("rejected-empty", Outcome::Rejected(form(), RULES.check("", "", whose, &PasswordPolicy::default()))),
        (
            "rejected-by-directory",
            Outcome::Rejected(form(), vec![BrokenRule::DirectoryRefuses(PasswordRefusal::TooSimple)]),
        ),
        ("rejected-mismatch", Outcome::Rejected(form(), vec![BrokenRule::ConfirmDiffers])),
    ]
}

fn organisation(language: &str) -> config::Organisation {
    let (name, support) = match language {
        "de" => ("Sternwarte Brunnental", "Rufen Sie uns an: 030 1234567, werktags von 9 bis 17 Uhr."),
        _ => ("Wellbrook Observatory", "Call us on 020 7946 0123, weekdays from 9 to 5."),
    };
    config::Organisation {
        name: name.to_owned(),
        support: support.into(),
        sign_in_url: Some("https://example.org/sign-in".to_owned()),
        time_zone: jiff::tz::TimeZone::get("Europe/Berlin").expect("a time zone"),
        language: language.to_owned(),
        logo: env::args().nth(2).map(|file| {
            config::Logo::from_bytes(&fs::read(file).expect("the logo's file")).expect("a PNG or a JPEG")
        }),
        accent: env::args().nth(3).map(|colour| colour.parse().expect("a colour")).unwrap_or_default(),
        mail_from: None,
        mail_reply_to: None,
    }
}
