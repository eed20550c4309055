//! What a key may take: each kind of value, how it is read, and what is said where it is none.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path as FilePath, PathBuf};

use jiff::SignedDuration;

use crate::key::{Key, KeyInfo};
use crate::languages::spoken_language;
use crate::problem::{Place, Refusal};
use crate::secret::{GivenSecret, Secret};
use crate::section::{Reader, Section};
use crate::shown::shown;
use crate::value::{Entry, Value};

/// What judges a text.
pub(crate) type Parse<T> = fn(&str) -> Result<T, Refusal>;

/// Text that `parse` accepts.
#[derive(Clone, Copy)]
pub(crate) struct Text<T>(pub(crate) Parse<T>);

impl<T> Key<Text<T>> {
    pub(crate) const fn text(name: &'static str, about: &'static str, parse: Parse<T>) -> Self {
        Key::new(name, "text", about, Text(parse))
    }
}

impl<T> Reader for Text<T> {
    type Value = T;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<T> {
        let judged = text(&section.entry(key)?.value).and_then(self.0);
        section.judge(key, judged)
    }
}

/// One of a few words.
#[derive(Clone, Copy)]
pub(crate) struct Choice<T: 'static>(&'static [(&'static str, T)]);

impl<T> Key<Choice<T>> {
    pub(crate) const fn choice(
        name: &'static str,
        about: &'static str,
        choices: &'static [(&'static str, T)],
    ) -> Self {
        Key::new(name, "one of a few words", about, Choice(choices))
    }
}

impl<T: Copy> Reader for Choice<T> {
    type Value = T;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<T> {
        let chosen = |text: &str| match self.0.iter().find(|(word, _)| *word == text) {
            Some((_, meaning)) => Ok(*meaning),
            None => {
                let words: Vec<String> = self.0.iter().map(|(word, _)| format!("\"{word}\"")).collect();
                Err(Refusal::new(
                    format!("{} is not one of the choices", shown(text)),
                    format!("use {}", words.join(" or ")),
                ))
            }
        };
        let judged = text(&section.entry(key)?.value).and_then(chosen);
        section.judge(key, judged)
    }
}

/// A list of texts each of which `parse` accepts; separated by commas in the environment.
#[derive(Clone, Copy)]
pub(crate) struct List<T>(Parse<T>);

impl<T> Key<List<T>> {
    pub(crate) const fn list(name: &'static str, about: &'static str, parse: Parse<T>) -> Self {
        Key::new(name, "a list", about, List(parse))
    }
}

impl<T> Reader for List<T> {
    type Value = Vec<T>;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<Vec<T>> {
        read_list(section, key, self.0)
    }
}

/// A list of what `parse` accepts; what it does not is on record, each item with its line.
pub(crate) fn read_list<T>(
    section: &mut Section<'_>,
    key: KeyInfo,
    parse: impl Fn(&str) -> Result<T, Refusal>,
) -> Option<Vec<T>> {
    let entry = section.entry(key)?;
    let mut accepted = Vec::new();
    match &entry.value {
        Value::List(items) => {
            for (line, item) in items {
                match text(item).and_then(&parse) {
                    Ok(item) => accepted.push(item),
                    Err(refusal) => section.refuse_at(on_line(&entry.place, *line), key, refusal),
                }
            }
        }
        Value::Untyped(_) => {
            let whole = text(&entry.value);
            for item in section.judge(key, whole)?.split(',').map(str::trim).filter(|item| !item.is_empty()) {
                let judged = parse(item);
                accepted.extend(section.judge(key, judged));
            }
        }
        other => section.refuse(key, wrong_kind(other, "a list", "write it as a list, like [\"…\", \"…\"]")),
    }
    Some(accepted)
}

/// One text for all languages, or a table of one for each (BCP 47, of those that are spoken).
#[derive(Clone, Copy)]
pub(crate) struct TextPerLanguage(Parse<String>);

impl Key<TextPerLanguage> {
    pub(crate) const fn text_per_language(
        name: &'static str,
        about: &'static str,
        parse: Parse<String>,
    ) -> Self {
        Key::new(name, "text, or a table of texts", about, TextPerLanguage(parse))
    }
}

impl Section<'_> {
    /// A text for each language, among them `own`, which stands in for the others. It must be given. In the
    /// environment it is one for all.
    pub(crate) fn per_language(
        &mut self,
        key: &Key<TextPerLanguage>,
        example: &str,
        own: &str,
    ) -> Option<(String, BTreeMap<String, String>)> {
        let (key, parse) = (key.info, key.reader.0);
        let Some(Entry { value: Value::Table(items), place }) = self.entry(key) else {
            self.require(key, example);
            return Some((Text(parse).read(self, key)?, BTreeMap::new()));
        };
        let mut texts = BTreeMap::new();
        let mut is_good = true;
        for (language, line, item) in items {
            let judged = spoken_language(language).and_then(|_| text(item)).and_then(parse);
            match judged {
                Ok(text) => drop(texts.insert(language.clone(), text)),
                Err(refusal) => {
                    is_good = false;
                    self.refuse_at(on_line(place, *line), key, refusal);
                }
            }
        }
        if !is_good {
            return None;
        }
        let Some(otherwise) = texts.get(own).cloned() else {
            let cause = format!("has no text in the organisation's own language, \"{own}\"");
            self.refuse(key, Refusal::new(cause, format!("add {own} = \"{example}\" to it")));
            return None;
        };
        Some((otherwise, texts))
    }
}

/// A whole number within a range; the unit says what is counted.
#[derive(Clone)]
pub(crate) struct Number {
    range: RangeInclusive<u32>,
    unit: &'static str,
}

impl Key<Number> {
    pub(crate) const fn number(
        name: &'static str,
        about: &'static str,
        range: RangeInclusive<u32>,
        unit: &'static str,
    ) -> Self {
        Key::new(name, "a whole number", about, Number { range, unit })
    }
}

impl Reader for Number {
    type Value = u32;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<u32> {
        let entry = section.entry(key)?;
        let unit = self.unit;
        let cure = match (self.range.start(), self.range.end()) {
            (least, &u32::MAX) => format!("use {least} or more {unit}"),
            (least, most) => format!("use {least} to {most} {unit}"),
        };
        let (number, written) = match &entry.value {
            Value::Integer(number) => {
                (*number, number.map_or("this number".to_owned(), |number| number.to_string()))
            }
            Value::Untyped(value) => {
                let value = value.to_string_lossy();
                match value.trim().parse::<i64>() {
                    Ok(number) => (Some(number), number.to_string()),
                    Err(_) => {
                        let refusal = Refusal::new(format!("{} is not a whole number", shown(&value)), cure);
                        section.refuse(key, refusal);
                        return None;
                    }
                }
            }
            other => {
                section.refuse(key, wrong_kind(other, "a whole number", format!("{cure}, without quotes")));
                return None;
            }
        };
        let within =
            number.and_then(|number| u32::try_from(number).ok()).filter(|number| self.range.contains(number));
        let judged = within.ok_or_else(|| Refusal::new(format!("{written} is out of range"), cure));
        section.judge(key, judged)
    }
}

/// `true` or `false`.
#[derive(Clone, Copy)]
pub(crate) struct Boolean;

impl Key<Boolean> {
    pub(crate) const fn boolean(name: &'static str, about: &'static str) -> Self {
        Key::new(name, "true or false", about, Boolean)
    }
}

impl Reader for Boolean {
    type Value = bool;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<bool> {
        let judged = match &section.entry(key)?.value {
            Value::Boolean(value) => Ok(*value),
            Value::Untyped(value) => value.to_string_lossy().trim().parse().map_err(|_| {
                Refusal::new(
                    format!("{} is not true or false", shown(&value.to_string_lossy())),
                    "use true or false",
                )
            }),
            other => Err(wrong_kind(other, "true or false", "use true or false, without quotes")),
        };
        section.judge(key, judged)
    }
}

/// A length of time, as text with its unit. It may be as short as a millisecond, which is as good as "more than zero".
#[derive(Clone, Copy)]
pub(crate) struct Duration {
    least: SignedDuration,
    most: SignedDuration,
    example: &'static str,
}

impl Key<Duration> {
    pub(crate) const fn duration(
        name: &'static str,
        about: &'static str,
        [least, most]: [SignedDuration; 2],
        example: &'static str,
    ) -> Self {
        Key::new(name, "a length of time", about, Duration { least, most, example })
    }
}

impl Reader for Duration {
    type Value = SignedDuration;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<SignedDuration> {
        let judged = match &section.entry(key)?.value {
            Value::Integer(number) => {
                Err(self.without_unit(&number.map_or("this number".to_owned(), |number| number.to_string())))
            }
            value @ (Value::Text(_) | Value::Untyped(_)) => {
                text(value).and_then(|text| self.length_of_time(text.trim()))
            }
            other => Err(wrong_kind(
                other,
                "a length of time",
                format!("write it with its unit, like \"{}\"", self.example),
            )),
        };
        section.judge(key, judged)
    }
}

impl Duration {
    fn length_of_time(&self, text: &str) -> Result<SignedDuration, Refusal> {
        let Self { least, most, example } = *self;
        if !text.is_empty()
            && text.chars().all(|character| character.is_ascii_digit() || "+-.".contains(character))
        {
            return Err(self.without_unit(text));
        }
        let duration: SignedDuration = text.parse().map_err(|_| {
            Refusal::new(
                format!("{} is not a length of time", shown(text)),
                format!("write a number and its unit (h, m, s), like \"{example}\""),
            )
        })?;
        if (least..=most).contains(&duration) {
            return Ok(duration);
        }
        let cause = if duration > most {
            format!("{} is more than {most:#}", shown(text))
        } else if least <= SignedDuration::from_millis(1) {
            format!("{} is not more than zero", shown(text))
        } else {
            format!("{} is less than {least:#}", shown(text))
        };
        let cure = if least <= SignedDuration::from_millis(1) {
            format!("use more than zero and at most {most:#}, like \"{example}\"")
        } else {
            format!("use {least:#} to {most:#}, like \"{example}\"")
        };
        Err(Refusal::new(cause, cure))
    }

    fn without_unit(&self, number: &str) -> Refusal {
        Refusal::new(
            format!("{number} has no unit"),
            format!("write it with its unit (h, m, s), like \"{}\"", self.example),
        )
    }
}

/// A path: in the file relative to the file's folder, in the environment to the working directory.
#[derive(Clone, Copy)]
pub(crate) struct Path;

impl Key<Path> {
    pub(crate) const fn path(name: &'static str, about: &'static str) -> Self {
        Key::new(name, "a path", about, Path)
    }
}

impl Reader for Path {
    type Value = PathBuf;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<PathBuf> {
        let judged = match &section.entry(key)?.value {
            Value::Text(path) => usable_path(FilePath::new(path)).map(|path| section.folder.join(path)),
            Value::Untyped(path) => usable_path(FilePath::new(path)).map(FilePath::to_path_buf),
            other => Err(wrong_kind(other, "a path", "put it in quotes")),
        };
        section.judge(key, judged)
    }
}

/// A list of paths, each as in [`Path`].
#[derive(Clone, Copy)]
pub(crate) struct Paths;

impl Key<Paths> {
    pub(crate) const fn paths(name: &'static str, about: &'static str) -> Self {
        Key::new(name, "a list of paths", about, Paths)
    }
}

impl Reader for Paths {
    type Value = Vec<PathBuf>;

    fn read(&self, section: &mut Section<'_>, key: KeyInfo) -> Option<Vec<PathBuf>> {
        let in_file = matches!(section.entry(key)?.value, Value::List(_));
        let folder = if in_file { section.folder } else { FilePath::new("") };
        read_list(section, key, |path| usable_path(FilePath::new(path)).map(|path| folder.join(path)))
    }
}

/// A secret in place.
#[derive(Clone, Copy)]
pub(crate) struct SecretValue;

/// The name of a file that holds a secret.
#[derive(Clone, Copy)]
pub(crate) struct SecretFile;

impl Key<SecretValue> {
    pub(crate) const fn secret(name: &'static str, about: &'static str) -> Self {
        let mut key = Key::new(name, "a secret", about, SecretValue);
        key.info.is_secret = true;
        key
    }
}

impl Key<SecretFile> {
    pub(crate) const fn secret_file(name: &'static str, about: &'static str) -> Self {
        Key::new(name, "a path", about, SecretFile)
    }
}

impl Section<'_> {
    /// A secret: given in place, or in the file that the other key names, never both.
    pub(crate) fn secret(&mut self, key: &Key<SecretValue>, file_key: &Key<SecretFile>) -> Option<Secret> {
        let secret = self.read_secret(key.info, file_key.info)?;
        let name = format!("{}.{}", self.table.name, key.info.name);
        self.secrets.push(GivenSecret::new(name, secret.clone()));
        Some(secret)
    }

    fn read_secret(&mut self, key: KeyInfo, file_key: KeyInfo) -> Option<Secret> {
        match (self.entry(key), self.entry(file_key)) {
            (Some(_), Some(other)) => {
                let cause =
                    format!("is set, and so is {}.{} ({})", self.table.name, file_key.name, other.place);
                self.refuse(key, Refusal::new(cause, format!("keep one of them, best {}", file_key.name)));
                None
            }
            (Some(entry), None) => {
                let judged = text(&entry.value).and_then(|secret| match secret {
                    "" => Err(Refusal::new("is empty", format!("set it, or remove {}", key.name))),
                    secret => Ok(Secret::new(secret)),
                });
                self.judge(key, judged)
            }
            (None, _) => {
                let file = Path.read(self, file_key)?;
                let judged = Secret::from_file(&file);
                self.judge(file_key, judged)
            }
        }
    }

    /// A secret that must be given. `cure` says how.
    pub(crate) fn required_secret(
        &mut self,
        key: &Key<SecretValue>,
        file_key: &Key<SecretFile>,
        cure: impl Into<String>,
    ) -> Option<Secret> {
        if !self.has(key) && !self.has(file_key) {
            self.refuse(file_key, Refusal::new("is not set", cure));
        }
        self.secret(key, file_key)
    }
}

/// Text that is not blank and has no line breaks or other control characters.
pub(crate) fn one_line(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::new("is empty", "write at least a word"));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::new(
            format!("{} holds a control character", shown(text)),
            "keep it on one line",
        ));
    }
    Ok(text.to_owned())
}

/// The text that a value is.
pub(crate) fn text(value: &Value) -> Result<&str, Refusal> {
    match value {
        Value::Text(text) => Ok(text),
        Value::Untyped(text) => {
            text.to_str().ok_or_else(|| Refusal::new("is not UTF-8", "write it in UTF-8"))
        }
        other => Err(wrong_kind(other, "text", "put it in quotes")),
    }
}

/// Why a value of another kind is refused.
pub(crate) fn wrong_kind(value: &Value, wanted: &str, cure: impl Into<String>) -> Refusal {
    Refusal::new(format!("is {}, not {wanted}", value.kind()), cure)
}

/// A line of the file that a value is in.
pub(crate) fn on_line(place: &Place, line: usize) -> Place {
    match place {
        Place::Line { file, .. } => Place::Line { file: file.clone(), line },
        other => other.clone(),
    }
}

fn usable_path(path: &FilePath) -> Result<&FilePath, Refusal> {
    // An empty path would silently mean the folder itself.
    if path.as_os_str().is_empty() {
        return Err(Refusal::new("is empty", "name a path, or remove the key"));
    }
    if ["k4.", "reset-link-binding."].iter().any(|secret| path.to_string_lossy().starts_with(secret)) {
        return Err(Refusal::new(
            "is a key, not a path",
            "put the key into a file of its own and name that file",
        ));
    }
    Ok(path)
}
