//! Which accounts are one person's: pure.

use crate::admin::Admin;

/// A person with their accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    name: String,
    accounts: Vec<Admin>,
}

/// The persons that the operator has named.
#[derive(Debug, Clone, Default)]
pub struct People(Vec<Person>);

/// Each by the name that the operator has given them, with their accounts.
impl FromIterator<(String, Vec<Admin>)> for People {
    fn from_iter<T: IntoIterator<Item = (String, Vec<Admin>)>>(persons: T) -> Self {
        Self(persons.into_iter().map(|(name, accounts)| Person { name, accounts }).collect())
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
        let is_one_login = one.platform.is_local() && other.platform.is_local() && one.user == other.user;
        one == other || is_one_login || self.person(one).is_some_and(|person| person.accounts.contains(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::Platform;

    fn admin(platform: Platform, user: &str) -> Admin {
        Admin { platform, user: user.to_owned() }
    }

    #[test]
    fn accounts_are_compared_by_person() {
        let (console, shell) = (admin(Platform::Console, "alice"), admin(Platform::Shell, "alice"));
        let accounts = vec![console.clone(), shell.clone(), admin(Platform::Discord, "1")];
        let people = People::from_iter([("Alice".to_owned(), accounts)]);
        assert!(people.is_same(&console, &shell));
        assert!(people.is_same(&console, &admin(Platform::Discord, "1")));
        assert!(people.is_same(&admin(Platform::Discord, "1"), &shell));
        assert!(!people.is_same(&admin(Platform::Discord, "1"), &admin(Platform::Discord, "2")));
        // A login name that happens to be a number is nobody on Discord.
        assert!(!people.is_same(&admin(Platform::Console, "1"), &admin(Platform::Discord, "1")));
        assert_eq!(people.name(&shell), Some("Alice"));
    }
}
