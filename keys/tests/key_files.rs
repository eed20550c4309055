//! Keys on disk.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use reset_link_keys::{Keeper, KeyError, PublicKey, SecretKey};

/// Who runs this test: whoever owns what it makes.
fn user(folder: &Path) -> u32 {
    fs::metadata(folder).expect("it was just made").uid()
}

fn load(path: &Path) -> Result<SecretKey, KeyError> {
    SecretKey::load(path, &Keeper { user: user(path), credentials: None })
}

#[test]
fn a_secret_key_is_created_for_its_owner_alone_and_loads_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/signing.k4.secret");
    let key = SecretKey::from_seed(&[1; 32]);
    key.create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(load(&path).unwrap().public_key(), key.public_key());
}

#[test]
fn a_key_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing.k4.secret");
    SecretKey::from_seed(&[1; 32]).create(&path).unwrap();
    let before = fs::read(&path).unwrap();
    assert!(matches!(SecretKey::from_seed(&[2; 32]).create(&path), Err(KeyError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_secret_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing.k4.secret");
    SecretKey::from_seed(&[1; 32]).create(&path).unwrap();
    for mode in [0o640, 0o604, 0o620, 0o644] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = load(&path).unwrap_err();
        assert!(matches!(error, KeyError::Exposed { .. }), "{mode:o}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
}

#[test]
fn a_damaged_key_file_is_named_and_its_content_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing.k4.secret");
    let key = SecretKey::from_seed(&[1; 32]);
    let paserk = key.expose_paserk();
    let other = SecretKey::from_seed(&[2; 32]).expose_paserk();
    let swapped: String = paserk.chars().take(50).chain(other.chars().skip(50)).collect();
    for content in [
        String::new(),
        "hello".to_owned(),
        key.public_key().to_paserk(),
        swapped,
        paserk.replace("k4.secret.", "k4.local."),
    ] {
        fs::write(&path, &content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let error = load(&path).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("signing.k4.secret:"), "{error}");
        assert!(content.len() < 10 || !error.contains(&content), "{error}");
    }
}

#[test]
fn a_public_key_loads_and_a_small_order_point_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing.k4.public");
    let key = SecretKey::from_seed(&[1; 32]).public_key();
    key.create(&path).unwrap();
    assert_eq!(PublicKey::load(&path).unwrap(), key);
    let mut identity = [0; 32];
    identity[0] = 1;
    assert!(matches!(PublicKey::from_bytes(&identity), Err(KeyError::Point)));
}

#[test]
fn a_secret_key_of_another_user_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing.k4.secret");
    SecretKey::from_seed(&[1; 32]).create(&path).unwrap();
    let owner = user(&path);
    // As an other user who may read it all the same.
    for credentials in [None, Some(folder.path().join("elsewhere"))] {
        let error = SecretKey::load(&path, &Keeper { user: owner + 1, credentials }).unwrap_err();
        assert!(matches!(error, KeyError::Foreign { owner: found, .. } if found == owner), "{error}");
    }
}

/// What systemd 254 and later lay out for a service with `User=` is root's, of mode 0440.
#[test]
fn a_credential_of_systemd_is_accepted_where_systemd_lays_it_out_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("signing-key");
    SecretKey::from_seed(&[1; 32]).create(&path).unwrap();
    let is_root = user(&path) == 0;
    let another = Keeper { user: user(&path) + 1000, credentials: Some(folder.path().to_owned()) };
    for (mode, is_accepted) in [(0o400, true), (0o440, true), (0o444, false), (0o460, false)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        // Only root can make a file that is root's.
        assert_eq!(SecretKey::load(&path, &another).is_ok(), is_root && is_accepted, "{mode:o}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o440)).unwrap();
    let elsewhere = Keeper { credentials: Some(folder.path().join("other")), ..another };
    assert!(matches!(SecretKey::load(&path, &elsewhere), Err(KeyError::Exposed { .. })));
}
