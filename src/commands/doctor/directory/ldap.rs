//! An LDAP directory: whether it answers, whether it accepts both accounts, and whether these may do what they must and no more.

use bot::doctor::Finding;
use config::AllInOne;
use contacts::LdapCheck;
use reset_link::machine;

use super::{PROTECTED, Sheet, protected, shown};

/// What the directory says, and the ids that the config protects.
pub(in crate::commands) async fn check(config: &AllInOne, directory: &LdapCheck, sheet: &mut Sheet) {
    for finding in directory.findings(&config.bot.protected.ids).await {
        sheet.put(shown(finding));
    }
    let min_length = config.redeem_server.passwords.min_length;
    directory
        .of_policy(min_length, machine::now())
        .await
        .into_iter()
        .for_each(|found| sheet.put(shown(found)));
    for id in &config.bot.protected.ids {
        let cure =
            "write it as the directory has it (`reset-link contacts check ID` shows it), or take it out";
        sheet.put(match directory.called(id).await {
            Ok(called) => protected(id, &called, cure),
            Err(_) => Finding::not_checked(PROTECTED, "the contacts cannot be read"),
        });
    }
}
