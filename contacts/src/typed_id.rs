//! Whom a typed id means: decided in one place for every directory.

use keys::text::hides_something;

/// Whom a typed id means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meant<T> {
    Nobody,
    One(T),
    /// Nobody can say who.
    Several(Vec<T>),
}

/// Decides among everybody, active or not, whose id a person takes for the typed one; each of them once, with a different id.
///
/// An exact id names one contact: where that one is inactive, a look-alike would be somebody else. A character that nobody sees decides nothing: an id
/// that holds one is no more exact than its look-alikes, and where it was typed as it stands it counts among them even if its contact is inactive.
pub(crate) fn meant<T>(
    typed: &str,
    mut alike: Vec<T>,
    is_typed: impl Fn(&T) -> bool,
    is_active: impl Fn(&T) -> bool,
) -> Meant<T> {
    if !hides_something(typed)
        && let Some(exact) = alike.iter().position(&is_typed)
    {
        let exact = alike.swap_remove(exact);
        return if is_active(&exact) { Meant::One(exact) } else { Meant::Nobody };
    }
    alike.retain(|one| is_active(one) || is_typed(one));
    match alike.len() {
        0 | 1 => alike.pop().filter(&is_active).map_or(Meant::Nobody, Meant::One),
        _ => Meant::Several(alike),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(typed: &str, alike: &[(&'static str, bool)]) -> Meant<(&'static str, bool)> {
        meant(typed, alike.to_vec(), |(id, _)| *id == typed, |(_, is_active)| *is_active)
    }

    #[test]
    fn an_exact_id_means_its_own_contact_or_nobody() {
        let both = [("Ceo", true), ("ceo", true)];
        assert_eq!(decide("ceo", &both), Meant::One(("ceo", true)));
        assert_eq!(decide("CEO", &both), Meant::Several(both.to_vec()));
        let left = [("Ceo", true), ("ceo", false)];
        assert_eq!(decide("ceo", &left), Meant::Nobody);
        assert_eq!(decide("CEO", &left), Meant::One(("Ceo", true)));
        assert_eq!(decide("ceo", &[]), Meant::Nobody);
    }

    #[test]
    fn an_id_that_hides_something_is_told_from_its_look_alike_by_nobody() {
        let hidden = "ceo\u{200b}";
        for is_active in [true, false] {
            let both = [("ceo", true), (hidden, is_active)];
            assert_eq!(decide(hidden, &both), Meant::Several(both.to_vec()));
            assert_eq!(decide("ceo", &both), Meant::One(("ceo", true)));
        }
        assert_eq!(decide(hidden, &[(hidden, false)]), Meant::Nobody);
        assert_eq!(decide(hidden, &[("ceo", true)]), Meant::One(("ceo", true)));
    }
}
