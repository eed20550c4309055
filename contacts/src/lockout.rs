/// After how many failed sign-ins a directory locks somebody out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lockout {
    /// It counts none.
    Never,
    /// After so many.
    After(u32),
    /// It does not say, for this reason.
    Unknown(String),
}

impl Lockout {
    /// As servers write it: 0 means that nobody is locked out.
    pub fn of(failures: u32) -> Self {
        if failures == 0 { Self::Never } else { Self::After(failures) }
    }
}
