//! Mails to contacts, and times in all texts.

use super::keys;

keys! {
    GREETING = "mail-greeting" [name];
    GREETING_NAMELESS = "mail-greeting-nameless";
    RESET_SUBJECT = "mail-reset-subject" [organisation];
    RESET_PREVIEW = "mail-reset-preview" [until];
    RESET_WHY_HELP_DESK = "mail-reset-why-help-desk" [organisation, id, at];
    RESET_WHY_NAMED = "mail-reset-why-named" [organisation, id, at, name];
    RESET_WHY_PAGE = "mail-reset-why-page" [organisation, id, at];
    RESET_WHAT = "mail-reset-what";
    RESET_BUTTON = "mail-reset-button";
    RESET_UNTIL = "mail-reset-until" [until, minutes];
    RESET_NOT_YOU = "mail-reset-not-you";
    RESET_LINK_AS_TEXT = "mail-reset-link-as-text";
    CHANGED_SUBJECT = "mail-changed-subject" [organisation];
    CHANGED_PREVIEW = "mail-changed-preview" [at];
    CHANGED_WHY = "mail-changed-why" [organisation, id, at];
    CHANGED_NOT_YOU = "mail-changed-not-you";
    OBJECTION = "mail-objection";
    CHANGED_SIGN_IN = "mail-changed-sign-in";
    CHANGED_BUTTON = "mail-changed-button";
    HANDED_OVER_SUBJECT = "mail-handed-over-subject" [organisation];
    HANDED_OVER_PREVIEW = "mail-handed-over-preview" [until];
    HANDED_OVER_WHY = "mail-handed-over-why" [organisation, at, id];
    HANDED_OVER_UNTIL = "mail-handed-over-until" [until, minutes];
    HANDED_OVER_NOT_YOU = "mail-handed-over-not-you";
    TEST_SUBJECT = "mail-test-subject" [organisation];
    TEST_PREVIEW = "mail-test-preview";
    TEST_WHY = "mail-test-why" [organisation];
    SUPPORT = "mail-support";
    AUTOMATIC = "mail-automatic";
    TIME_TODAY = "mail-time-today" [time, zone];
    TIME_ON = "mail-time-on" [time, zone, date];
    DATE = "mail-date" [day, month, year];
}
