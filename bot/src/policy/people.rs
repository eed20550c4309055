//! Which accounts are one person's: pure.

use config::ConfiguredAdmin;

use crate::admin::{Admin, Platform};

/// A person with their accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    name: String,
    accounts: Vec<Admin>,
}

/// The persons that the operator has named.
#[derive(Debug, Clone, Default)]
pub struct People(Vec<Person>);

impl From<&[ConfiguredAdmin]> for People {
    fn from(admins: &[ConfiguredAdmin]) -> Self {
        let person = |admin: &ConfiguredAdmin| {
            let account = |platform, user: &Option<String>| user.clone().map(|user| Admin { platform, user });
            // A login name counts on the console and in a shell.
            let accounts = [
                account(Platform::Console, &admin.console),
                account(Platform::Shell, &admin.console),
                account(Platform::Discord, &admin.discord),
                account(Platform::Slack, &admin.slack),
                account(Platform::Mattermost, &admin.mattermost),
            ];
            Person { name: admin.name.clone(), accounts: accounts.into_iter().flatten().collect() }
        };
        Self(admins.iter().map(person).collect())
    }
}

impl People {
    fn person(&self, admin: &Admin) -> Option<&Person> {
        self.0.iter().find(|person| person.accounts.contains(admin))
    }

    /// Whether the operator has named the person whose account this is.
    pub fn knows(&self, admin: &Admin) -> bool {
        self.person(admin).is_some()
    }

    /// The name that the operator has given the person.
    pub fn name(&self, admin: &Admin) -> Option<&str> {
        self.person(admin).map(|person| person.name.as_str())
    }

    /// Whether both accounts are one person's, as far as anybody can tell: the same account, the same login name on this machine, or two accounts of a
    /// person whom the operator has named.
    pub fn is_same(&self, one: &Admin, other: &Admin) -> bool {
        let login = |admin: &Admin| match admin.platform {
            Platform::Console | Platform::Shell => Some(admin.user.clone()),
            Platform::Discord | Platform::Slack | Platform::Mattermost => None,
        };
        one == other
            || login(one).is_some_and(|name| login(other) == Some(name))
            || self.person(one).is_some_and(|person| person.accounts.contains(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admin(platform: Platform, user: &str) -> Admin {
        Admin { platform, user: user.to_owned() }
    }

    #[test]
    fn accounts_are_compared_by_person() {
        let alice = ConfiguredAdmin {
            name: "Alice".to_owned(),
            console: Some("alice".to_owned()),
            discord: Some("1".to_owned()),
            slack: None,
            mattermost: None,
        };
        let people = People::from(&[alice][..]);
        let (console, shell) = (admin(Platform::Console, "alice"), admin(Platform::Shell, "alice"));
        assert!(people.is_same(&console, &shell));
        assert!(people.is_same(&console, &admin(Platform::Discord, "1")));
        assert!(people.is_same(&admin(Platform::Discord, "1"), &shell));
        assert!(!people.is_same(&admin(Platform::Discord, "1"), &admin(Platform::Discord, "2")));
        // A login name that happens to be a number is nobody on Discord.
        assert!(!people.is_same(&admin(Platform::Console, "1"), &admin(Platform::Discord, "1")));
        assert_eq!(people.name(&shell), Some("Alice"));
    }
}
