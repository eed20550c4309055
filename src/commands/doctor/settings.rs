use bot::chat::registry::PLATFORMS;
use bot::doctor::Finding;

use super::Sheet;
use crate::exposure::{self, CONFIG};
use crate::settings::Loaded;
use crate::source::Source;

/// Settings that are wrong have ended the command before this.
pub(super) fn check(loaded: &Loaded, sheet: &mut Sheet) {
    if loaded.is_try_out() {
        let data = loaded.config.bot.data.dir.display();
        sheet.put(Finding::ok(CONFIG, format!("there is none: try-out mode, everything in {data}")));
        return;
    }
    let config = &loaded.config;
    let chats = PLATFORMS.iter().map(|platform| (platform.name(), platform.is_on(&config.bot)));
    let on: Vec<&str> = std::iter::once(("mail", config.bot.mail.is_some()))
        .chain(chats)
        .chain([("the console", config.bot.console.enabled)])
        .filter_map(|(name, is_on)| is_on.then_some(name))
        .collect();
    let on = if on.is_empty() { "neither mail nor a chat".to_owned() } else { on.join(", ") };
    sheet.put(exposure::config_file(loaded).unwrap_or_else(|| {
        let text = match &loaded.source {
            Source::File(file) => format!("{} is sound; on: {on}", file.display()),
            Source::Environment | Source::TryOut => {
                format!("RESET_LINK_ variables alone, and sound; on: {on}")
            }
        };
        Finding::ok(CONFIG, text)
    }));
}
