//! Where settings come from, what must not be open to others, and files that are whole or not there.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use reset_link_tests::harness::binary::{Process, command, executable, free_address};
use tempfile::TempDir;

use crate::process::login;

const CONTACTS: &str = "id,name,email,language\nada,Ada Lovelace,ada@example.org,en\n";

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The executable in this folder, with these variables and nobody else's settings.
fn command_in(folder: &Path, variables: &[(&str, &OsStr)], arguments: &[&str]) -> Output {
    Command::new(executable())
        .args(arguments)
        .current_dir(folder)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A config file with its key and its contacts; nothing runs.
fn configured() -> TempDir {
    let folder = TempDir::new().unwrap();
    let made = command(["init", "--dir", folder.path().to_str().unwrap()], "");
    assert!(made.status.success(), "{}", said(&made));
    let listen = free_address();
    let config = format!(
        "[organisation]\nname = \"Example Ltd\"\nsupport = \"Call us.\"\n\
         [server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n[console]\nallow = [{:?}]\n",
        login()
    );
    fs::write(folder.path().join("reset-link.toml"), config).unwrap();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    let imported = command_in(folder.path(), &[], &["contacts", "import", "contacts.csv"]);
    assert!(imported.status.success(), "{}", said(&imported));
    folder
}

#[test]
fn a_config_file_in_the_working_directory_is_found_used_and_said() {
    let folder = configured();
    let listed = command_in(folder.path(), &[], &["contacts", "list"]);
    assert!(listed.status.success(), "{}", said(&listed));
    assert_eq!(String::from_utf8_lossy(&listed.stdout).lines().count(), 1, "no sample contacts");
    let aside = String::from_utf8_lossy(&listed.stderr).into_owned();
    assert!(aside.contains("Settings from reset-link.toml"), "{aside}");
    assert!(!folder.path().join("try-out").exists());
    // What is named is not told again, and what is wrong in it is told as ever.
    let named = command_in(folder.path(), &[], &["contacts", "list", "--config", "reset-link.toml"]);
    assert_eq!((named.stdout, named.stderr), (listed.stdout, Vec::new()));
    fs::write(folder.path().join("reset-link.toml"), "[smtp]\n").unwrap();
    let wrong = command_in(folder.path(), &[], &["run"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("did you mean [mail]?"), "{}", said(&wrong));
}

#[test]
fn init_heeds_what_the_environment_names() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("elsewhere");
    let made = command_in(folder.path(), &[("RESET_LINK_DATA", data.as_os_str())], &["init"]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(data.join("ledger").exists() && !folder.path().join("data").exists());

    let other = command_in(folder.path(), &[("RESET_LINK_CONFIG", OsStr::new("my.toml"))], &["init"]);
    assert_eq!(other.status.code(), Some(2));
    assert!(said(&other).contains("RESET_LINK_CONFIG names my.toml, and init writes"), "{}", said(&other));
    // Set and empty is not set.
    let empty = command_in(folder.path(), &[("RESET_LINK_CONFIG", OsStr::new(""))], &["keys", "show"]);
    assert!(said(&empty).contains("Settings from reset-link.toml"), "{}", said(&empty));
}

#[test]
fn a_folder_with_real_contacts_is_no_try_outs_any_more() {
    let folder = configured();
    let mark = folder.path().join("data/try-out-listen");
    fs::write(&mark, "127.0.0.1:8080\n").unwrap();
    let imported = command_in(folder.path(), &[], &["contacts", "import", "contacts.csv"]);
    assert!(imported.status.success() && !mark.exists(), "{}", said(&imported));
}

#[test]
fn the_try_out_never_opens_what_a_config_made() {
    let folder = configured();
    fs::rename(folder.path().join("reset-link.toml"), folder.path().join("elsewhere.toml")).unwrap();
    for arguments in [&["run", "--listen", "127.0.0.1:0"][..], &["issue", "--contact", "ada"]] {
        let refused = command_in(folder.path(), &[], &[arguments, &["--try-out", "--data", "data"]].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(
            said(&refused).contains("not the try-out's") && said(&refused).contains("--config"),
            "{}",
            said(&refused)
        );
    }
    assert!(!folder.path().join("data/audit.jsonl").exists(), "nothing was issued");
}

#[tokio::test]
async fn a_try_outs_folder_that_a_config_uses_is_the_try_outs_no_more() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mut process = Process::try_out(&data).await;
    process.send("/quit").await;
    assert!(process.ended().await.success());
    let listen = free_address();
    let config = folder.path().join("reset-link.toml");
    fs::write(&config, format!("[organisation]\nname = \"E\"\nsupport = \"Call.\"\n[server]\npublic_url = \"http://{listen}\"\nlisten = \"{listen}\"\n")).unwrap();
    let mut process = Process::configured(&config, listen).await;
    process.logged("began as a try-out's").await;
    assert!(process.terminate().await.success());
    let refused = command(["issue", "--contact", "ada", "--data", data.to_str().unwrap()], "");
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
}

#[test]
fn variables_alone_are_used_or_refused_and_never_ignored() {
    let folder = configured();
    let data = folder.path().join("data");
    let empty = TempDir::new().unwrap();
    let mut variables: Vec<(&str, &OsStr)> = vec![
        ("RESET_LINK_CONFIG", "-".as_ref()),
        ("RESET_LINK_ORGANISATION_NAME", "Example".as_ref()),
        ("RESET_LINK_SERVER_PUBLIC_URL", "https://reset.example.com".as_ref()),
        ("RESET_LINK_DATA_DIR", data.as_os_str()),
    ];
    for arguments in [&["run"][..], &["contacts", "list"], &["doctor"]] {
        let refused = command_in(empty.path(), &variables, arguments);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(
            said(&refused).contains("organisation.support: is not set; set RESET_LINK_ORGANISATION_SUPPORT="),
            "{}",
            said(&refused)
        );
    }
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0, "no try-out began");
    variables.push(("RESET_LINK_ORGANISATION_SUPPORT", "Call us.".as_ref()));
    let listed = command_in(empty.path(), &variables, &["contacts", "list"]);
    assert!(listed.status.success() && said(&listed).contains("Ada Lovelace"), "{}", said(&listed));
    let doctor = command_in(empty.path(), &variables, &["doctor"]);
    assert!(said(&doctor).contains("RESET_LINK_ variables alone, and sound"), "{}", said(&doctor));
    // A container has no file to begin with: there the key is made as well.
    let fresh = empty.path().join("fresh");
    variables.retain(|(name, _)| *name != "RESET_LINK_DATA_DIR");
    variables.push(("RESET_LINK_DATA_DIR", fresh.as_os_str()));
    let made = command_in(empty.path(), &variables, &["init"]);
    assert!(made.status.success(), "{}", said(&made));
    assert!(fresh.join("keys/signing.k4.secret").exists() && !empty.path().join("reset-link.toml").exists());
}

#[test]
fn what_is_open_to_others_stops_run_and_issue_and_fails_doctor() {
    let folder = configured();
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    let refuses = |subject: &str| {
        for arguments in [&["run"][..], &["issue", "--contact", "ada"]] {
            let refused = command_in(folder.path(), &[], arguments);
            assert_eq!(refused.status.code(), Some(5), "{subject}: {}", said(&refused));
            assert!(said(&refused).contains(&format!("{subject}: ")), "{subject}: {}", said(&refused));
        }
        let doctor = command_in(folder.path(), &[], &["doctor"]);
        let fails = |line: &str| line.starts_with("FAIL") && line.contains(subject);
        assert!(said(&doctor).lines().any(fails), "{subject}: {}", said(&doctor));
    };
    mode("data", 0o777);
    refuses("data.dir");
    mode("data", 0o700);
    mode("reset-link.toml", 0o602);
    refuses("config");
    mode("reset-link.toml", 0o600);
    symlink("/dev/null", folder.path().join("data/audit.jsonl")).unwrap();
    refuses("audit.file");
    fs::remove_file(folder.path().join("data/audit.jsonl")).unwrap();
    let issued = command_in(folder.path(), &[], &["issue", "--contact", "ada"]);
    assert_eq!(issued.status.code(), Some(3), "{}", said(&issued));
}

/// Only root can give a file to somebody else, or has one that is root's.
#[test]
fn a_key_is_its_users_own_or_a_credential_of_systemd() {
    let folder = configured();
    let key = folder.path().join("data/keys/signing.k4.secret");
    if fs::metadata(&key).unwrap().uid() != 0 {
        return;
    }
    let credentials = folder.path().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let credential = credentials.join("signing-key");
    fs::copy(&key, &credential).unwrap();
    fs::set_permissions(&credential, fs::Permissions::from_mode(0o440)).unwrap();
    let mut variables: Vec<(&str, &OsStr)> =
        vec![("RESET_LINK_KEYS_SIGNING_KEY_FILE", credential.as_os_str())];
    let show = |variables: &[(&str, &OsStr)]| command_in(folder.path(), variables, &["keys", "show"]);
    assert!(
        said(&show(&variables)).contains("readable or writable by group"),
        "nobody says that it is a credential"
    );
    variables.push(("CREDENTIALS_DIRECTORY", credentials.as_os_str()));
    let shown = show(&variables);
    assert!(shown.status.success(), "{}", said(&shown));

    chown(&key, Some(12345), None).unwrap();
    for arguments in [&["run"][..], &["issue", "--contact", "ada"], &["keys", "show"]] {
        let refused = command_in(folder.path(), &[], arguments);
        assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
        assert!(said(&refused).contains("belongs to another user (user id 12345)"), "{}", said(&refused));
    }
    let doctor = said(&command_in(folder.path(), &[], &["doctor"]));
    assert!(
        doctor
            .lines()
            .any(|line| line.starts_with("FAIL  keys.signing_key_file") && line.contains("uid-12345")),
        "{doctor}"
    );
}

#[test]
fn a_full_disk_leaves_no_half_file_and_is_told() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path().join("new");
    // As on a full disk: no file may hold a byte.
    let limited = |blocks: u32| {
        let script = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let mut sh = Command::new("sh");
        sh.args(["-c", &script]).arg(executable()).args(["init", "--dir"]).arg(&dir).output().unwrap()
    };
    let failed = limited(0);
    assert_eq!(failed.status.code(), Some(5), "{failed:?}");
    assert!(
        said(&failed).contains("reset-link.toml") && said(&failed).contains("File too large"),
        "{}",
        said(&failed)
    );
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 0, "nothing of it stays");
    assert!(limited(4096).status.success());
    assert!(limited(4096).status.success(), "and a second time");
}

#[test]
fn a_key_that_was_cut_short_is_told_with_its_cure() {
    let folder = configured();
    let key = folder.path().join("data/keys/signing.k4.secret");
    fs::write(&key, "").unwrap();
    for arguments in [&["run"][..], &["init"]] {
        let refused = command_in(folder.path(), &[], arguments);
        assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
        assert!(
            said(&refused).contains("move it away and let `reset-link init` make a new one"),
            "{}",
            said(&refused)
        );
    }
    let secret = folder.path().join("data/keys/binding.secret");
    fs::remove_file(&key).unwrap();
    fs::write(&secret, "half").unwrap();
    let refused = command_in(folder.path(), &[], &["init"]);
    assert_eq!(refused.status.code(), Some(5), "{}", said(&refused));
    assert!(said(&refused).contains("move it away: a new one is made then"), "{}", said(&refused));
    fs::remove_file(&secret).unwrap();
    let made = command_in(folder.path(), &[], &["init"]);
    assert!(made.status.success(), "{}", said(&made));
    // The public half beside it is the new key's; the former one is kept.
    let shown = said(&command_in(folder.path(), &[], &["keys", "show"]));
    let public = fs::read_to_string(key.with_extension("public")).unwrap();
    assert!(shown.contains(public.trim()), "{shown}");
    let kept = fs::read_dir(key.parent().unwrap()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(kept.into_iter().any(|name| name.to_str().unwrap().starts_with("k4.pid.")));
}

#[tokio::test]
async fn the_process_leaves_no_core_dump() {
    let folder = TempDir::new().unwrap();
    let process = Process::try_out(folder.path()).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", process.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
}
