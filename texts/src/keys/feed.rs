//! The audit channel: one sentence for each event.

use super::keys;

keys! {
    ISSUED = "feed-issued" [admin, id];
    ISSUED_APPROVED = "feed-issued-approved" [admin, id];
    MAILED = "feed-mailed" [id, to, server];
    MAIL_DELAYED = "feed-mail-delayed" [id, to, answer];
    HANDED_OVER = "feed-handed-over" [id, admin, reasons];
    WITHHELD = "feed-withheld" [id, admin, reasons];
    REASON_NO_SERVER = "feed-reason-no-server";
    REASON_NO_EMAIL = "feed-reason-no-email";
    REASON_SHARED = "feed-reason-shared";
    REASON_SHARING_UNDECIDED = "feed-reason-sharing-undecided";
    REASON_FAILED = "feed-reason-failed";
    REASON_UNKNOWN = "feed-reason-unknown";
    REASON_INSTEAD = "feed-reason-instead";
    REASON_OTHER = "feed-reason-other";
    REQUESTED = "feed-requested" [admin, id];
    APPROVED = "feed-approved" [second, admin, id];
    DECLINED = "feed-declined" [second, admin, id];
    LAPSED = "feed-lapsed" [admin, id];
    NOT_POSTED = "feed-not-posted" [admin, id];
    REQUESTER_MAY_NO_LONGER = "feed-requester-may-no-longer" [admin, id];
    REQUEST_REVOKED = "feed-request-revoked" [admin, id];
    REQUEST_INTERRUPTED = "feed-request-interrupted" [admin, id];
    REQUEST_CONTACT_CHANGED = "feed-request-contact-changed" [admin, id];
    REQUEST_CAME_TO_NOTHING = "feed-request-came-to-nothing" [admin, id];
    REQUEST_ASKED_AGAIN = "feed-request-asked-again" [admin, id];
    DENIED_NOT_ALLOWED = "feed-denied-not-allowed" [admin];
    DENIED_NO_SUCH_CONTACT = "feed-denied-no-such-contact" [admin];
    DENIED_AMBIGUOUS = "feed-denied-ambiguous" [admin];
    DENIED_CANNOT_BE_RESET = "feed-denied-cannot-be-reset" [admin];
    DENIED_LIMIT_ADMIN = "feed-denied-limit-admin" [admin];
    DENIED_LIMIT_CONTACT = "feed-denied-limit-contact" [id, admin];
    DENIED_PROTECTED = "feed-denied-protected" [admin, id];
    DENIED_OWN_REQUEST = "feed-denied-own-request" [admin, id];
    DENIED_NOT_THEIR_LINK = "feed-denied-not-their-link" [admin, id];
    DENIED_IN_BULK = "feed-denied-in-bulk" [count, admin];
    REQUEST_REFUSED = "feed-request-refused" [platform];
    REQUEST_REPLAYED = "feed-request-replayed" [platform];
    REDEEMED = "feed-redeemed" [id, admin];
    UNSETTLED = "feed-unsettled" [id, admin];
    REFUSED_USED = "feed-refused-used" [id];
    REFUSED_WITHDRAWN = "feed-refused-withdrawn" [id];
    REFUSED_OVERTAKEN = "feed-refused-overtaken" [id];
    REFUSED_LEDGER = "feed-refused-ledger" [id];
    REFUSED_DIRECTORY = "feed-refused-directory" [id];
    REVOCATION_RECEIVED = "feed-revocation-received" [id];
    CHANGED = "feed-changed" [id];
    OBJECTED = "feed-objected" [id, admin];
    REVOKED = "feed-revoked" [admin, id];
    LINK_REVOKED = "feed-link-revoked" [admin, id];
    LINK_IN_PROGRESS = "feed-link-in-progress" [admin, id];
    LINK_REDEEMED = "feed-link-redeemed" [admin, id];
    SEARCHED = "feed-searched" [admin, count, refused];
    PROTECTS_NOBODY = "feed-protects-nobody" [entry];
}
