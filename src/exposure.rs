//! What must not be open to others on this machine: `doctor` tells it, and whatever makes or redeems links refuses it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use bot::doctor::Finding;
use config::{AllInOne, Contacts};
use contacts::sqlite_file;
use keys::chained_log::segments;
use reset_link::exit_error::ExitError;

use crate::settings::Loaded;
use crate::source::Source;

pub(crate) const CONFIG: &str = "config";
pub(crate) const DATA: &str = "data.dir";
pub(crate) const KEY: &str = "keys.signing_key_file";
const BINDING_SECRET: &str = "keys.binding_secret_file";
pub(crate) const CONTACTS: &str = "contacts.sqlite_file";
pub(crate) const LEDGER: &str = "ledger.dir";
pub(crate) const AUDITS: [&str; 2] = ["audit.file", "audit.redeem_file"];

/// Bits of a mode that let everybody on this machine in.
const OTHERS_WRITE: u32 = 0o002;
const OTHERS_READ_OR_WRITE: u32 = 0o006;

/// Refuses to go on where something is open to others. The key's own file is looked at when it is loaded.
///
/// # Errors
/// All that is open, a line each, with its cure.
pub(crate) fn refuse(loaded: &Loaded) -> Result<(), ExitError> {
    let config = &loaded.config;
    let keys = config.bot.keys.signing_key_file.parent();
    let secrets = config.bot.keys.binding_secret_file.parent().filter(|folder| Some(*folder) != keys);
    let [audit, redeem_audit] = AUDITS;
    let data = &config.bot.data.dir;
    let found = [
        config_file(loaded),
        folder(DATA, data),
        // Whoever may write there puts another key in the place of this one.
        keys.and_then(|keys| folder(KEY, keys)),
        secrets.and_then(|secrets| folder(BINDING_SECRET, secrets)),
        config.bot.contacts.sqlite_file().and_then(|path| file(CONTACTS, path)),
        application_file(config),
        folder(LEDGER, &config.redeem_server.ledger.dir),
        log(audit, &config.bot.audit_file, data),
        log(redeem_audit, &config.redeem_server.audit_file, data),
    ];
    let found: Vec<String> = found
        .into_iter()
        .flatten()
        .map(|Finding { subject, text, cure, .. }| {
            format!("{subject}: {text}. To mend: {}", cure.unwrap_or_default())
        })
        .collect();
    if found.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(found.join("\n")).into()) }
}

/// The SQLite file of another application.
fn application_file(config: &AllInOne) -> Option<Finding> {
    let Contacts::Sql(tables) = &config.redeem_server.contacts else { return None };
    file(tables.url_key, &sqlite_file(tables)?)
}

/// The config file: who may write to it decides who may issue links; a secret that stands in it is everybody's who can read it.
pub(crate) fn config_file(loaded: &Loaded) -> Option<Finding> {
    let Source::File(path) = &loaded.source else { return None };
    let (shown, mode) = (path.display(), mode(path)?);
    if mode & OTHERS_WRITE != 0 {
        let text = format!("{shown} can be written by everybody on this machine (mode {mode:04o})");
        return Some(Finding::fail(CONFIG, text, format!("chmod o= {shown}, and read it through")));
    }
    if mode & OTHERS_READ_OR_WRITE == 0 {
        return None;
    }
    let key = secret_in(&fs::read_to_string(path).ok()?, &loaded.config)?;
    Some(Finding::fail(
        CONFIG,
        format!("{shown} is open to everybody on this machine, and {key} stands in it"),
        format!("chmod o= {shown}, and change the secret if others may have read it"),
    ))
}

/// A folder in which everybody can put one file in the place of another.
pub(crate) fn folder(subject: &'static str, path: &Path) -> Option<Finding> {
    let mode = mode(path).filter(|mode| mode & OTHERS_WRITE != 0)?;
    let shown = path.display();
    let text = format!("{shown} can be written by everybody on this machine (mode {mode:04o})");
    Some(Finding::fail(subject, text, format!("chmod 700 {shown}, or set {subject} to a folder inside it")))
}

/// A file that everybody can change.
pub(crate) fn file(subject: &'static str, path: &Path) -> Option<Finding> {
    let mode = mode(path).filter(|mode| mode & OTHERS_WRITE != 0)?;
    let shown = path.display();
    let text = format!("{shown} can be written by everybody on this machine (mode {mode:04o})");
    Some(Finding::fail(
        subject,
        text,
        format!("chmod o= {shown}, and find out whether somebody has changed it"),
    ))
}

/// A file that is appended to: what a symbolic link leads to may be anybody's, and another file tomorrow.
pub(crate) fn appended(subject: &'static str, path: &Path) -> Option<Finding> {
    if path.is_symlink() {
        let shown = path.display();
        let cure = format!("put the file itself there, or set {subject} to where it is");
        return Some(Finding::fail(subject, format!("{shown} is a symbolic link"), cure));
    }
    file(subject, path)
}

/// An audit with all of its segments. Whoever may write to its folder may put the next one there.
fn log(subject: &'static str, file: &Path, data: &Path) -> Option<Finding> {
    if let Some(found) =
        file.parent().filter(|parent| *parent != data).and_then(|parent| folder(subject, parent))
    {
        return Some(found);
    }
    let segments = segments(file).unwrap_or_default();
    let later = segments.iter().map(|segment| &*segment.path).filter(|path| *path != file);
    std::iter::once(file).chain(later).find_map(|path| appended(subject, path))
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

/// The key of a secret that stands in this text. Files of their own are held to their mode when they are read.
fn secret_in<'a>(text: &str, config: &'a AllInOne) -> Option<&'a str> {
    let secret = config.bot.secrets.iter().find(|secret| secret.stands_in(text))?;
    Some(&secret.key)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use config::{Environment, Overrides};

    use super::*;

    const TEXT: &str = "[organisation]\nname = \"Example\"\nsupport = \"Call us.\"\n[server]\npublic_url = \"http://127.0.0.1:8080\"\n";

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// All that a started reset-link has, each with the mode that it is made with.
    fn made(folder: &Path) -> (PathBuf, Loaded) {
        let file = folder.join("reset-link.toml");
        fs::write(&file, TEXT).unwrap();
        set_mode(&file, 0o600);
        let data = folder.join("data");
        for folder in ["keys", "ledger"] {
            fs::create_dir_all(data.join(folder)).unwrap();
            set_mode(&data.join(folder), 0o700);
        }
        set_mode(&data, 0o700);
        for name in ["contacts.sqlite", "audit.jsonl", "redeem-audit.jsonl"] {
            fs::write(data.join(name), "").unwrap();
            set_mode(&data.join(name), 0o600);
        }
        let config = config::load(&file, &Environment::default(), &Overrides::default()).unwrap();
        (data, Loaded { config, source: Source::File(file) })
    }

    fn refused(loaded: &Loaded) -> String {
        refuse(loaded).map_or_else(|ended| ended.error.to_string(), |()| String::new())
    }

    #[test]
    fn what_everybody_can_write_is_refused_with_its_name_and_its_cure() {
        let folder = tempfile::tempdir().unwrap();
        let (data, loaded) = made(folder.path());
        assert_eq!(refused(&loaded), "");
        for (path, subject) in [
            (folder.path().join("reset-link.toml"), CONFIG),
            (data.clone(), DATA),
            (data.join("keys"), KEY),
            (data.join("contacts.sqlite"), CONTACTS),
            (data.join("ledger"), LEDGER),
            (data.join("audit.jsonl"), "audit.file"),
            (data.join("redeem-audit.jsonl"), "audit.redeem_file"),
        ] {
            let before = mode(&path).unwrap();
            set_mode(&path, before | 0o002);
            let said = refused(&loaded);
            assert!(
                said.starts_with(&format!("{subject}: {}", path.display())) && said.contains("chmod"),
                "{said}"
            );
            assert_eq!(said.lines().count(), 1, "{said}");
            set_mode(&path, before);
        }
        assert_eq!(refused(&loaded), "");
    }

    #[test]
    fn a_secret_in_a_config_that_everybody_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (_, loaded) = made(folder.path());
        let file = folder.path().join("reset-link.toml");
        set_mode(&file, 0o644);
        assert_eq!(refused(&loaded), "", "no secret stands in it");
        let text = TEXT.replace("[server]", "mail_from = \"a@example.org\"\n[mail]\nhost = \"localhost\"\nusername = \"a\"\npassword = \"hunter2-hunter2\"\n[server]");
        fs::write(&file, &text).unwrap();
        let config = config::load(&file, &Environment::default(), &Overrides::default()).unwrap();
        let loaded = Loaded { config, ..loaded };
        let said = refused(&loaded);
        assert!(said.contains("mail.password stands in it") && !said.contains("hunter2"), "{said}");
        set_mode(&file, 0o640);
        assert_eq!(refused(&loaded), "");
    }

    #[test]
    fn a_later_segment_of_an_audit_is_looked_at_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let (data, loaded) = made(folder.path());
        for (name, subject) in
            [("audit-2026-12.jsonl", "audit.file"), ("redeem-audit-2026-12.jsonl", "audit.redeem_file")]
        {
            let segment = data.join(name);
            fs::write(&segment, "").unwrap();
            set_mode(&segment, 0o602);
            let said = refused(&loaded);
            assert!(said.starts_with(&format!("{subject}: {}", segment.display())), "{said}");
            set_mode(&segment, 0o600);
            assert_eq!(refused(&loaded), "");
        }
        let elsewhere = folder.path().join("log");
        fs::create_dir(&elsewhere).unwrap();
        set_mode(&elsewhere, 0o777);
        let mut config = loaded.config.clone();
        config.bot.audit_file = elsewhere.join("audit.jsonl");
        let said = refused(&Loaded { config, ..loaded });
        assert!(said.starts_with(&format!("audit.file: {} can be written", elsewhere.display())), "{said}");
    }

    #[test]
    fn an_audit_that_is_a_symbolic_link_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (data, loaded) = made(folder.path());
        for name in ["audit.jsonl", "redeem-audit.jsonl"] {
            let audit = data.join(name);
            fs::rename(&audit, folder.path().join("elsewhere")).unwrap();
            symlink(folder.path().join("elsewhere"), &audit).unwrap();
            assert!(refused(&loaded).contains("is a symbolic link"), "{name}");
            fs::remove_file(&audit).unwrap();
            // One that leads nowhere would be followed as well.
            symlink(folder.path().join("nowhere"), &audit).unwrap();
            assert!(refused(&loaded).contains("is a symbolic link"), "{name}");
            fs::remove_file(&audit).unwrap();
            fs::rename(folder.path().join("elsewhere"), &audit).unwrap();
        }
        assert_eq!(refused(&loaded), "");
    }
}
