use std::sync::Mutex;

use async_trait::async_trait;
use contacts::{
    Contact, DirectoryError, NotPrepared, PasswordPolicy, PasswordRefusal, PasswordWriter, PreparedPassword,
    SetPassword,
};
use jiff::Timestamp;
use keys::{ContactId, PasswordVersion};
use zeroize::Zeroizing;

use super::contact_id;

/// What a directory is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Read,
    Prepare,
    Set,
}

/// How a call fails.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// Nothing happens.
    Unreachable,
    /// `Set`: nobody hears whether it was written.
    OutcomeUnknown { is_written: bool },
    /// `Set`: the directory has a policy of its own.
    Refuses(&'static str),
    /// No answer ever comes.
    Hangs,
    /// The directory's own code is broken.
    Panics,
}

/// What happens just before a call.
type Before = Box<dyn FnOnce(&FakeDirectory) + Send>;

/// What is planned for which call, and how many calls of that kind come before it.
struct Planned<T>(Vec<(Call, usize, T)>);

impl<T> Planned<T> {
    fn next(&mut self, call: Call) -> Option<T> {
        let mut due = None;
        for (at, (_, left, _)) in self.0.iter_mut().enumerate().filter(|(_, (of, ..))| *of == call) {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => due = due.or(Some(at)),
            }
        }
        due.map(|at| self.0.remove(at).2)
    }
}

/// A directory with Ada in it.
pub(crate) struct FakeDirectory {
    is_conditional: bool,
    is_conditional_for_ada: bool,
    knows_versions: bool,
    policy: PasswordPolicy,
    held: Mutex<Held>,
}

struct Held {
    ada: Option<Contact>,
    is_away: bool,
    password: String,
    versions: u32,
    calls: Vec<Call>,
    before: Planned<Before>,
    faults: Planned<Fault>,
}

impl FakeDirectory {
    /// It can say "only if the version is still v".
    pub(crate) fn conditional() -> Self {
        Self::new(true)
    }

    /// It writes whatever the version is.
    pub(crate) fn unconditional() -> Self {
        Self::new(false)
    }

    fn new(is_conditional: bool) -> Self {
        let ada = Contact {
            id: contact_id("ada"),
            name: "Ada Lovelace".to_owned(),
            primary_email: Some("ada@example.org".to_owned()),
            language: Some("de".to_owned()),
            password_version: PasswordVersion::new("v0"),
            obstacle: None,
            server: None,
        };
        let held = Held {
            ada: Some(ada),
            is_away: false,
            password: "the old one".to_owned(),
            versions: 0,
            calls: Vec::new(),
            before: Planned(Vec::new()),
            faults: Planned(Vec::new()),
        };
        let policy = PasswordPolicy { max_bytes: Some(72), ..PasswordPolicy::default() };
        Self {
            is_conditional,
            is_conditional_for_ada: is_conditional,
            knows_versions: true,
            policy,
            held: Mutex::new(held),
        }
    }

    /// Nobody can say beforehand which version a write will produce.
    pub(crate) fn without_intended_versions(self) -> Self {
        Self { knows_versions: false, ..self }
    }

    /// It may not be able to tell whether Ada's password is still the one that was read.
    pub(crate) fn but_not_for_ada(self) -> Self {
        Self { is_conditional_for_ada: false, ..self }
    }

    /// It says beforehand what it asks of a new password.
    pub(crate) fn with_policy(self, policy: PasswordPolicy) -> Self {
        Self { policy, ..self }
    }

    pub(crate) fn ada(&self) -> Contact {
        self.held.lock().unwrap().ada.clone().unwrap()
    }

    /// Her password in plain text: this directory hashes nothing.
    pub(crate) fn password(&self) -> String {
        self.held.lock().unwrap().password.clone()
    }

    /// Somebody else, who may be Ada, changes it.
    pub(crate) fn change_password(&self, password: &str) {
        self.held.lock().unwrap().change_password(password, None);
    }

    pub(crate) fn change_email(&self, email: &str) {
        self.held.lock().unwrap().ada.as_mut().unwrap().primary_email = Some(email.to_owned());
    }

    pub(crate) fn remove_ada(&self) {
        self.held.lock().unwrap().ada = None;
    }

    /// The next call of this kind fails.
    pub(crate) fn fail_next(&self, call: Call, fault: Fault) {
        self.fail_later(0, call, fault);
    }

    /// A call of this kind fails, once so many of them have gone well.
    pub(crate) fn fail_later(&self, behind: usize, call: Call, fault: Fault) {
        self.held.lock().unwrap().faults.0.push((call, behind, fault));
    }

    /// Something happens just before the next call of this kind.
    pub(crate) fn before_next(&self, call: Call, happens: impl FnOnce(&Self) + Send + 'static) {
        self.before_later(0, call, happens);
    }

    /// Something happens just before a call of this kind, once there have been so many of them.
    pub(crate) fn before_later(
        &self,
        behind: usize,
        call: Call,
        happens: impl FnOnce(&Self) + Send + 'static,
    ) {
        self.held.lock().unwrap().before.0.push((call, behind, Box::new(happens)));
    }

    /// From now on nothing can be read or written, or again.
    pub(crate) fn is_away(&self, is_away: bool) {
        self.held.lock().unwrap().is_away = is_away;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.held.lock().unwrap().calls.clone()
    }

    async fn call(&self, call: Call) -> Option<Fault> {
        let happens = {
            let mut held = self.held.lock().unwrap();
            held.calls.push(call);
            held.before.next(call)
        };
        if let Some(happens) = happens {
            happens(self);
        }
        let (fault, is_away) = {
            let mut held = self.held.lock().unwrap();
            (held.faults.next(call), held.is_away)
        };
        match fault.or(is_away.then_some(Fault::Unreachable)) {
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::Panics) => panic!("this directory is broken"),
            fault => fault,
        }
    }
}

impl Held {
    fn change_password(&mut self, password: &str, version: Option<PasswordVersion>) {
        self.versions += 1;
        let version = version.unwrap_or_else(|| PasswordVersion::new(format!("v{}", self.versions)));
        self.ada.as_mut().unwrap().password_version = version;
        self.password = password.to_owned();
    }
}

#[async_trait]
impl PasswordWriter for FakeDirectory {
    async fn read(&self, id: &ContactId) -> Result<Option<Contact>, DirectoryError> {
        match self.call(Call::Read).await {
            Some(_) => Err(DirectoryError::Unreachable("it is away".to_owned())),
            None => Ok(self.held.lock().unwrap().ada.clone().filter(|ada| ada.id == *id)),
        }
    }

    fn is_conditional(&self) -> bool {
        self.is_conditional
    }

    fn is_conditional_for(&self, _contact: &Contact) -> bool {
        self.is_conditional_for_ada
    }

    fn normalised(&self, password: &str) -> Zeroizing<String> {
        Zeroizing::new(password.to_owned())
    }

    fn max_password_bytes(&self) -> Option<usize> {
        Some(72)
    }

    async fn password_policy(&self, _contact: Option<&Contact>, _now: Timestamp) -> PasswordPolicy {
        self.policy
    }

    async fn prepare(&self, password: Zeroizing<String>) -> Result<PreparedPassword, NotPrepared> {
        if self.call(Call::Prepare).await.is_some() {
            return Err(DirectoryError::Unreachable("it is away".to_owned()).into());
        }
        // As an application that writes a backslash before each quote.
        if password.len() + password.matches('"').count() > 72 {
            return Err(NotPrepared::TooLong { max_bytes: 72 });
        }
        let intended_version = self.knows_versions.then(|| PasswordVersion::new(format!("of {}", *password)));
        Ok(PreparedPassword::new(password, intended_version))
    }

    async fn set(
        &self,
        id: &ContactId,
        expected: &PasswordVersion,
        password: PreparedPassword,
    ) -> Result<SetPassword, DirectoryError> {
        let fault = self.call(Call::Set).await;
        let mut held = self.held.lock().unwrap();
        let holds = held
            .ada
            .as_ref()
            .is_some_and(|ada| ada.id == *id && (!self.is_conditional || ada.password_version == *expected));
        let unknown = || Err(DirectoryError::OutcomeUnknown("the answer was lost".to_owned()));
        match fault {
            None if !holds => Ok(SetPassword::VersionChanged),
            None => {
                held.change_password(&password.value, password.intended_version);
                Ok(SetPassword::Set)
            }
            Some(Fault::OutcomeUnknown { is_written }) => {
                if is_written && holds {
                    held.change_password(&password.value, password.intended_version);
                }
                unknown()
            }
            Some(Fault::Refuses(reason)) => {
                Ok(SetPassword::Refused(PasswordRefusal::InOwnWords(reason.to_owned())))
            }
            Some(_) => Err(DirectoryError::Unreachable("it is away".to_owned())),
        }
    }
}
