//! Folders and files: there, ours, closed to others, writable. Nothing is written to find out.

use std::fs::{self, File, Metadata};
use std::io::{BufReader, ErrorKind, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use bot::audit::{Check, Flaw};
use bot::doctor::{Finding, Verdict};
use config::AllInOne;
use keys::chained_log::{ChainError, SegmentJoint, SegmentRun, segments, verify};
use keys::{BindingSecret, KeyError, PublicKey, SecretKey};
use nix::unistd::{AccessFlags, Uid, User, access};
use redeem_server::ledger::{PublishError, Published};
use reset_link::machine::now;
use reset_link::os_user;

use super::Sheet;
use crate::exposure::{self, AUDITS, DATA, KEY, LEDGER};
use crate::settings::Loaded;

const TRUSTED: &str = "keys.trusted_key_files";
const BINDING: &str = "keys.binding_secret_file";

pub(super) fn check(loaded: &Loaded, sheet: &mut Sheet) {
    let config = &loaded.config;
    sheet.put(folder(DATA, &config.bot.data.dir, "it is made at the first need"));
    sheet.put(signing_key(loaded));
    for file in &config.bot.keys.trusted_key_files {
        sheet.put(match PublicKey::load(file) {
            Ok(key) => Finding::ok(TRUSTED, format!("links of {} are accepted too", key.id())),
            Err(error) => Finding::fail(
                TRUSTED,
                error.to_string(),
                "name the `k4.public` file of the former key, or take it out once its links have expired",
            ),
        });
    }
    sheet.put(binding_secret(config));
    sheet.put(folder(
        LEDGER,
        &config.redeem_server.ledger.dir,
        "it begins with `reset-link init`, or the first start of `reset-link run`",
    ));
    if let Some(finding) = ledger(config) {
        sheet.put(finding);
    }
    audits(config, sheet);
}

fn folder(subject: &'static str, path: &Path, if_missing: &str) -> Finding {
    let shown = path.display();
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return to_be_made(subject, path, if_missing);
        }
        Err(error) => return unreachable(subject, path, &error),
    };
    if !found.is_dir() {
        let cure = format!("move it away, or set {subject} to a folder");
        return Finding::fail(subject, format!("{shown} is no folder"), cure);
    }
    let mode = found.permissions().mode() & 0o7777;
    if access(path, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        return not_writable(subject, path, &found);
    }
    if let Some(finding) = exposure::folder(subject, path).or_else(|| foreign(subject, path, &found)) {
        return finding;
    }
    if mode & 0o005 != 0 {
        let text = format!("{shown} is open to everybody on this machine (mode {mode:04o})");
        return Finding::warn(subject, text, format!("chmod 700 {shown}"));
    }
    Finding::ok(subject, format!("{shown} (mode {mode:04o}, user {} may write)", os_user::login()))
}

/// Something that is not there yet, and will be made in the nearest folder above that is.
fn to_be_made(subject: &'static str, path: &Path, when: &str) -> Finding {
    let above = path.ancestors().skip(1).find(|above| above.as_os_str().is_empty() || above.exists());
    let above = above.filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if access(above, AccessFlags::W_OK | AccessFlags::X_OK).is_ok() {
        return Finding::ok(subject, format!("{} is not there yet; {when}", path.display()));
    }
    let (login, path) = (os_user::login(), path.display());
    Finding::fail(
        subject,
        format!(
            "{path} is not there, and user {login} cannot make it: {} is not theirs to write",
            above.display()
        ),
        format!("let user {login} write there, or set {subject} to another place"),
    )
}

/// Root can write everywhere: that it can says nothing about the user that reset-link runs as.
fn foreign(subject: &'static str, path: &Path, found: &Metadata) -> Option<Finding> {
    if found.uid() == Uid::effective().as_raw() {
        return None;
    }
    let (owner, login) = (owner(found), os_user::login());
    let text = format!("{} belongs to user {owner}, and this is {login}", path.display());
    Some(Finding::warn(subject, text, as_its_owner(path, &owner, &login)))
}

fn not_writable(subject: &'static str, path: &Path, found: &Metadata) -> Finding {
    let (owner, login) = (owner(found), os_user::login());
    let shown = path.display();
    let text = format!("user {login} may not write to {shown}, which belongs to {owner}");
    let cure =
        if owner == login { format!("chmod u+rwX {shown}") } else { as_its_owner(path, &owner, &login) };
    Finding::fail(subject, text, cure)
}

fn owner(found: &Metadata) -> String {
    name_of(found.uid())
}

fn name_of(user: u32) -> String {
    let found = User::from_uid(Uid::from_raw(user)).ok().flatten();
    found.map_or_else(|| format!("uid-{user}"), |user| user.name)
}

/// Nothing of ours should run as root.
fn as_its_owner(path: &Path, owner: &str, login: &str) -> String {
    let give = |login: &str| format!("`chown -R {login} {}`", path.display());
    match (owner, login) {
        ("root", login) => give(login),
        (owner, "root") => format!("`sudo -u {owner} reset-link doctor …` says what that user may"),
        (owner, login) => format!("run this as {owner}, or {}", give(login)),
    }
}

fn unreachable(subject: &'static str, path: &Path, error: &std::io::Error) -> Finding {
    let cure =
        format!("let user {} into the folders above it, or set {subject} to another place", os_user::login());
    Finding::fail(subject, format!("{}: {error}", path.display()), cure)
}

fn signing_key(loaded: &Loaded) -> Finding {
    let file = &loaded.config.bot.keys.signing_key_file;
    let shown = file.display();
    if let Some(finding) = file.parent().and_then(|keys| exposure::folder(KEY, keys)) {
        return finding;
    }
    match SecretKey::load(file, &os_user::keeper()) {
        Ok(key) => Finding::ok(KEY, format!("{shown} (key id {})", key.public_key().id())),
        Err(KeyError::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
            if loaded.is_try_out() {
                return to_be_made(KEY, file, "`reset-link run` makes it");
            }
            let cure = "`reset-link init --dir FOLDER` makes one, in the folder of the config file; or set keys.signing_key_file to where it is";
            Finding::fail(KEY, format!("{shown}: there is no signing key"), cure)
        }
        Err(KeyError::File { cause, .. }) => Finding::fail(
            KEY,
            format!("{shown} cannot be read: {cause}"),
            format!("give it to the user that reset-link runs as: `chown {} {shown}`", os_user::login()),
        ),
        Err(KeyError::Foreign { owner, .. }) => {
            let (owner, login) = (name_of(owner), os_user::login());
            let text = format!("{shown} belongs to user {owner}, and this is {login}");
            Finding::fail(KEY, text, as_its_owner(file, &owner, &login))
        }
        Err(KeyError::Exposed { mode, .. }) => Finding::fail(
            KEY,
            format!("{shown} can be read or written by others (mode {mode:04o})"),
            format!("if nobody else had access, `chmod 600 {shown}`; otherwise make a new key"),
        ),
        Err(error) => Finding::fail(
            KEY,
            error.to_string(),
            "put the key back from a backup, or make a new one: links that are out die then",
        ),
    }
}

fn binding_secret(config: &AllInOne) -> Finding {
    let file = &config.bot.keys.binding_secret_file;
    let shown = file.display();
    match BindingSecret::load(file, &os_user::keeper()) {
        Ok(_) => Finding::ok(BINDING, shown.to_string()),
        Err(KeyError::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
            to_be_made(BINDING, file, "it is made at the first need")
        }
        Err(KeyError::File { cause, .. }) => Finding::fail(
            BINDING,
            format!("{shown} cannot be read: {cause}"),
            format!("give it to the user that reset-link runs as: `chown {} {shown}`", os_user::login()),
        ),
        Err(KeyError::Foreign { owner, .. }) => {
            let (owner, login) = (name_of(owner), os_user::login());
            let text = format!("{shown} belongs to user {owner}, and this is {login}");
            Finding::fail(BINDING, text, as_its_owner(file, &owner, &login))
        }
        Err(KeyError::Exposed { mode, .. }) => Finding::fail(
            BINDING,
            format!("{shown} can be read or written by others (mode {mode:04o})"),
            format!("`chmod 600 {shown}`"),
        ),
        Err(error) => Finding::fail(
            BINDING,
            error.to_string(),
            "put it back from a backup, or delete it and restart: links that are out die then",
        ),
    }
}

/// What the ledger has published, as far as it is wrong. The ledger itself is not opened.
fn ledger(config: &AllInOne) -> Option<Finding> {
    if !config.redeem_server.ledger.dir.is_dir() {
        return None;
    }
    let published = match Published::read(&config.redeem_server.ledger.dir) {
        Ok(published) => published,
        Err(PublishError::NotBegun { path }) => {
            // A ledger of an earlier version has published nothing.
            return config.redeem_server.ledger.dir.join("db").exists().then(|| {
                let text = format!("{} is not there: the ledger is of an earlier version", path.display());
                Finding::warn(
                    LEDGER,
                    text,
                    "start `reset-link run` once with this version; until then no link can be issued",
                )
            });
        }
        Err(error) => {
            let cure = "restart `reset-link run`, which writes it anew";
            return Some(Finding::fail(LEDGER, error.to_string(), cure));
        }
    };
    if let Some(unwell) = published.is_ahead_of(now()) {
        return Some(Finding::fail(
            LEDGER,
            format!("{}: {}", config.redeem_server.ledger.dir.display(), unwell.what()),
            unwell.cure(),
        ));
    }
    let secret = match BindingSecret::load(&config.bot.keys.binding_secret_file, &os_user::keeper()) {
        Ok(secret) => secret,
        Err(KeyError::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => {
            return Some(Finding::fail(
                BINDING,
                format!(
                    "{} is gone, and the ledger was started with one",
                    config.bot.keys.binding_secret_file.display()
                ),
                "put it back; without it the next start makes another one, and links that are out are refused",
            ));
        }
        // Told where the file itself is looked at.
        Err(_) => return None,
    };
    (secret.fingerprint() != published.binding_secret).then(|| {
        Finding::fail(
            BINDING,
            format!(
                "{} is not the secret that `reset-link run` started with, so that no link would work",
                config.bot.keys.binding_secret_file.display()
            ),
            "restart `reset-link run` (links that are out are refused then), or put the former file back",
        )
    })
}

fn audits(config: &AllInOne, sheet: &mut Sheet) {
    for (subject, file) in AUDITS.into_iter().zip([&config.bot.audit_file, &config.redeem_server.audit_file])
    {
        let mut segments: Vec<_> =
            segments(file).unwrap_or_default().into_iter().map(|segment| segment.path).collect();
        let newest = segments.pop().unwrap_or_else(|| file.clone());
        let (mut check, mut run) = (Check::default(), SegmentRun::default());
        // Of segments that are over only what is wrong is told.
        for former in segments {
            let finding = written_to(subject, &former, &mut check, &mut run);
            if finding.verdict != Verdict::Ok {
                sheet.put(finding);
            }
        }
        sheet.put(written_to(subject, &newest, &mut check, &mut run));
    }
}

/// A file that is appended to.
fn written_to(subject: &'static str, file: &Path, check: &mut Check, run: &mut SegmentRun) -> Finding {
    if let Some(finding) = exposure::appended(subject, file) {
        return finding;
    }
    let shown = file.display();
    match fs::metadata(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            to_be_made(subject, file, "it begins with its first line")
        }
        Err(error) => unreachable(subject, file, &error),
        Ok(found) if !found.is_file() => {
            let cure = format!("move it away, or set {subject} to a file");
            Finding::fail(subject, format!("{shown} is no file"), cure)
        }
        Ok(found) if access(file, AccessFlags::R_OK | AccessFlags::W_OK).is_err() => {
            not_writable(subject, file, &found)
        }
        Ok(found) if found.permissions().mode() & 0o007 != 0 => {
            let mode = found.permissions().mode() & 0o7777;
            let text = format!("{shown} is open to everybody on this machine (mode {mode:04o})");
            Finding::warn(subject, text, format!("chmod 600 {shown}"))
        }
        Ok(found) => chain(subject, file, found.len(), check, run),
    }
}

/// Looked at without the lock that `run` needs: a last line without its end may be being written at this moment.
fn chain(
    subject: &'static str,
    file: &Path,
    length: u64,
    check: &mut Check,
    run: &mut SegmentRun,
) -> Finding {
    let shown = file.display();
    check.begin_segment();
    let verified = match File::open(file) {
        Ok(opened) => verify(BufReader::new(opened.take(length)), check),
        Err(error) => return unreachable(subject, file, &error),
    };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let joint = match &verified {
        Ok(found) => Some(run.join(&name, found)),
        Err(_) => {
            run.begin_again();
            None
        }
    };
    let flaw = match (joint, check.found(), verified) {
        (_, _, Err(ChainError::Read(error))) => return unreachable(subject, file, &error),
        (Some(SegmentJoint::DoesNotFollow(before)), ..) => format!("it does not follow from {before}"),
        (Some(SegmentJoint::Missing(missing)), ..) => {
            format!("it follows {missing}, and that file is missing")
        }
        (_, Some((line, disagreement)), _) => format!("line {line}: {}", Flaw::Disagrees(disagreement)),
        (_, None, Err(error @ ChainError::Broken(_))) => error.to_string(),
        (_, None, Ok(_) | Err(ChainError::Torn { .. })) => {
            return Finding::ok(subject, format!("{shown} can be appended to, and its chain is consistent"));
        }
    };
    let cure = format!(
        "find out who changed it; keep the file as evidence, move it away and restart: a new audit begins. `reset-link audit verify {shown}` tells the same of a copy"
    );
    let effect = if subject == AUDITS[0] { "; no link is issued or approved until then" } else { "" };
    Finding::fail(subject, format!("{shown} is not as it was written: {flaw}{effect}"), cure)
}
