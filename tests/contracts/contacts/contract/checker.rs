//! What every checker of passwords must do.

use contacts::{PasswordCheck, SetPassword};

use super::{ContactsFixture, Directory, GivenContact, id};

/// What every [`contacts::PasswordChecker`] must do, with what its writer has set.
///
/// # Panics
/// Where it does not.
pub(super) async fn checker_contract(fixture: &dyn ContactsFixture) {
    let inactive = GivenContact::new("old", "Old").inactive();
    let directory = fixture.fresh(&[GivenContact::new("ada", "Ada"), inactive]).await;
    let Some(checker) = directory.checker() else { return };
    let checked = async |contact: &str, password: &str| {
        checker.check(&id(contact), password.to_owned().into()).await.unwrap()
    };
    let before = version(&*directory).await;
    let password = " Grüße \"an\" {die} Otter🦦 ";
    let prepared = directory.writer().prepare(directory.writer().normalised(password)).await.unwrap();
    assert_eq!(directory.writer().set(&id("ada"), &before, prepared).await.unwrap(), SetPassword::Set);
    let version = version(&*directory).await;
    assert_eq!(checked("ada", password).await, PasswordCheck::Matches { version });
    for other in ["", "x", "Grüße", &format!("{password}."), "*", "correct\0horse"] {
        assert_eq!(checked("ada", other).await, PasswordCheck::Differs, "{other:?}");
    }
    assert_eq!(checked("old", password).await, PasswordCheck::Disabled);
    for nobody in ["ADA", "nobody", "*", "ada)(uid=*"] {
        assert_eq!(checked(nobody, password).await, PasswordCheck::NoSuchContact, "{nobody}");
    }
}

async fn version(directory: &dyn Directory) -> keys::PasswordVersion {
    directory.writer().read(&id("ada")).await.unwrap().unwrap().password_version
}
