# Every text of the redeem server's pages. One meaning per message; the same keys and variables in every language.

## Around every page

help-title = Need help?

## The form

form-title = Choose a new password
form-title-error = Error: { form-title }
form-for = Account
form-until = This page works once, until { $time } ({ $zone }), { $minutes ->
    [0] less than a minute
    [one] one minute
   *[other] { $minutes } minutes
} from now.
password-hint = At least { $min } characters and hard to guess, such as a few words that have nothing to do with each other. Not your name, ID or e-mail address.
form-not-before = Your password was changed only a short time ago, and no other one is accepted yet. That is possible from { $time } on.
form-not-before-too-late = This link will have expired by then: please ask for a new one.
password-hint-kinds = It needs at least { $min ->
    [2] two
    [3] three
    [4] four
   *[other] { $min }
} of these: small letters, capital letters, digits, and other characters (such as{ "\u00A0" }-{ "\u00A0" }or{ "\u00A0" }!).
password-hint-history = { $count ->
    [one] Not the password that you had before.
   *[other] Not one of your last { $count } passwords.
}
password-hint-max = At most { $max } characters; accented letters and emoji count as several.
length-so-far = { $count } of at least { $min } characters
length-enough = { $count } characters
offer-title = No idea? Here is one
offer-text = It was made at random, just now and for you alone. Keep it in your password manager or write it down.
offer-use = Use this one
password-label = New password
confirm-label = The same password again
reveal-label = Show what I type
form-submit = Set new password

## The form again, with everything that is wrong

errors-title = { $count ->
    [one] Your new password is not set yet
   *[other] Your new password is not set yet, for { $count } reasons
}
errors-text = Your link is still good. Both fields are empty again.
error-empty = Enter a new password.
error-too-short = Too short: use at least { $min } characters.
error-too-few-kinds = Too few kinds of characters: use at least { $min ->
    [2] two
    [3] three
    [4] four
   *[other] { $min }
} of these: small letters, capital letters, digits, and other characters (such as{ "\u00A0" }-{ "\u00A0" }or{ "\u00A0" }!).
error-too-long = Too long: use at most { $max } characters (accented letters and emoji count as several).
error-unprintable = It holds a line break or another character that cannot be typed everywhere. Please leave it out.
error-own-data = It is mostly your own name, ID or e-mail address. Please choose something else.
error-weak = Too easy to guess.
error-weak-advice = Add another word or two, the less common the better.
error-confirm = The two passwords were not the same. Type both again.
error-directory = This password was not accepted: { $reason }
error-directory-too-short = This password was not accepted: it is too short. Please choose a longer one.
error-directory-too-long = This password was not accepted: it is too long. Please choose a shorter one.
error-directory-too-simple = This password was not accepted: it is too easy to guess. Mix small and capital letters, digits and other characters, and leave out your own name.
error-directory-used-before = You have had this password before. Please choose one that you have never had here.
error-directory-too-recent = Your password was changed only a short time ago, and no other one is accepted yet. You have done nothing wrong: please try again later, or ask us for help.
error-directory-looks-hashed = It begins with a word in curly brackets, like {"{"}this{"}"}. Please begin it with something else.
error-directory-unexplained = This password was not accepted, and we were not told why. Please choose a different one.

## Advice of the strength estimate

warning-straight-rows = Straight rows of keys are easy to guess.
warning-keyboard-patterns = Short keyboard patterns are easy to guess.
warning-repeats = Repeats like “aaa” are easy to guess.
warning-repeated-groups = Repeats like “abcabcabc” are only slightly harder to guess than “abc”.
warning-top-10 = This is one of the ten most common passwords.
warning-top-100 = This is one of the hundred most common passwords.
warning-common = This is a very common password.
warning-similar-to-common = This is close to a very common password.
warning-sequences = Sequences like “abc” or “6543” are easy to guess.
warning-recent-years = Recent years are easy to guess.
warning-single-word = A word by itself is easy to guess.
warning-dates = Dates are often easy to guess.
warning-single-name = A name by itself is easy to guess.
warning-common-names = Common names are easy to guess.
advice-few-words = Use a few words, but no common phrase.
advice-no-symbols-needed = There is no need for symbols, digits or capital letters.
advice-another-word = Add another word or two, the less common the better.
advice-capitals = Capital letters help very little.
advice-all-capitals = All capital letters are almost as easy to guess as all small ones.
advice-reversed = Words spelt backwards are not much harder to guess.
advice-substitutions = Swaps like “@” for “a” help very little.
advice-longer-pattern = Use a longer keyboard pattern with more turns.
advice-no-repeats = Avoid repeated words and characters.
advice-no-sequences = Avoid sequences.
advice-no-recent-years = Avoid recent years.
advice-no-own-years = Avoid years that have to do with you.
advice-no-own-dates = Avoid dates and years that have to do with you.

## A forgotten password

forgot-title = Forgot your password?
forgot-title-error = Error: { forgot-title }
forgot-text = Tell us who you are. If we know you, we send a link to the e-mail address that we have for you, and you choose a new password with it.
forgot-text-ask = Tell us who you are. If we know you, our help desk is told, and gets in touch with you.
forgot-empty = Enter your e-mail address or ID.
forgot-submit = Send me a link
forgot-submit-ask = Ask for help
contact-label = E-mail address or ID
asked-title = Please look into your mailbox
asked-title-ask = We have passed it on
asked-text = If we know you, a mail is on its way. It can take some minutes.
asked-text-ask = If we know you, our help desk has been told, and gets in touch with you.
asked-next = Nothing there, nor among your junk mail? Then get in touch with us.
asked-next-ask = Has nobody been in touch within the hour? Then get in touch with us.

## "It wasn't me"

object-title = Was that not you?
object-link = At { $at } somebody asked for a link to set a new password for your account, and it was sent to your mailbox.
object-link-does = Press the button, and that link and all before it stop working. We are told, and find out who asked. Your password stays as it is.
object-change = At { $at } a new password was set for your account.
object-change-does = Press the button, and we are told at once. It does not bring your former password back: please get in touch with us as well, so that we can help you in again.
object-submit = That was not me
object-was-me = If it was you, there is nothing to do: close this page.
objected-title = Thank you for telling us
objected-text = The links that were sent up to then no longer work, and we have been told.
objected-next = Has your password been changed, or do you use it elsewhere too? Then get in touch with us now.
objected-late-title = It may be too late
objected-late-text = We have been told. But somebody is setting a new password with such a link at this very moment.
objected-late-next = Get in touch with us at once, so that we can help you in again.
objection-expired-title = This page works for one day
objection-expired-text = The mail that brought you here is older than that.
objection-expired-next = If somebody has asked for a link or set a password in your name, please get in touch with us now.

## The start page

start-title = Your password
start-forgot = If you have forgotten it, we send you a link.
start-forgot-ask = If you have forgotten it, ask us for help.
start-change = If you know it, you can set a new one.
start-change-button = Change your password
start-link = Have you been sent a link? Open it from the message that brought it.

## Too often within an hour

too-often-title = That was quite often
too-often-text = So many requests have come within the last hour that no more are taken for now. Nothing has been changed.
too-often-next = { $minutes ->
    [one] Try again in one minute, or get in touch with us.
   *[other] Try again in { $minutes } minutes, or get in touch with us.
}

## A password is changed by whoever knows it

change-title = Change your password
change-title-error = Error: { change-title }
change-current-label = Your password until now
change-submit = Change password
change-does-not-match = That does not match. Check your e-mail address or ID, and the password that you sign in with until now.
change-incomplete = Enter your e-mail address or ID, and the password that you sign in with until now.
change-empty-again = Nothing has been changed. The password fields are empty again.
changed-text = It counts already, and links that were sent to you before no longer work. Where we have your e-mail address, you get a mail that says so.
meanwhile-title = Your password has just been changed
meanwhile-text = While you were on this page, another new password was set, perhaps from another window of yours.
meanwhile-next = If that was you, sign in with it. If not, get in touch with us at once.
impossible-title = Your password cannot be changed here
impossible-text = You have done nothing wrong: it is kept in a way that this page must leave alone.
impossible-next = Please get in touch with us.

## Done

sign-in = Sign in
done-title = Your new password is set
done-text = It counts already. The link is used up; you no longer need the message that brought it.
done-next = Sign in with your new password.
done-next-elsewhere = You can close this page, and sign in where you usually do.
done-perhaps-title = Have you just set a new password?
done-perhaps-text = Then it counts already, and you can sign in with it. For five minutes, and only where your browser keeps cookies, this page also says for which account.
done-perhaps-next = If you have not set it yet, open your link, from the message that brought it.

## A link that opens nothing any more

new-link-title = How to reach us and get a new link
damaged-title = This link is not complete
damaged-text = Part of it is missing or has been changed. Some mail programs break a long link over two lines.
damaged-next = Copy the whole link from the message that brought it, down to its last character, and paste it into the address bar.
expired-title = This link has expired
expired-text = For your safety a link is good for a short time only, whether it was used or not.
expired-next = If you still need a new password, please ask for a new link.
used-title = This link has already been used
used-text = A link sets a password once, and then never again.
used-next = If you have just set your new password, sign in with it. If that was not you, get in touch with us at once.
withdrawn-title = This link has been withdrawn
withdrawn-text = It was called back before anybody used it. Your password has not been changed.
withdrawn-next = If you still need a new password, please ask for a new link.
overtaken-title = This link is out of date
overtaken-text = Your password or your e-mail address has been changed since the link was made.
overtaken-next = If you have changed it yourself, sign in with your latest password. If that was not you, get in touch with us at once.
younger-title = Please ask for a new link
younger-text = Our record of used links was started afresh after this one was made, so we can no longer be sure that nobody has used it. Your password has not been changed by this visit.
younger-next = A new link will work straight away.

## Try again

try-again = Try again
in-progress-title = This link is in use right now
in-progress-text = A new password is being set with it at this moment, perhaps from another window of yours.
in-progress-next = Wait half a minute, then try again.
too-many-title = One moment, please
too-many-text = There have been too many attempts within a minute. Nothing has been changed.
too-many-next = Wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}, then try again.
busy-title = A lot is going on just now
busy-text = Nothing has been changed, and your link is still good.
busy-next = Wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
}, then try again.
unavailable-title = Something is not working on our side
unavailable-text = This is no fault of yours. We have a record of it, under the reference { $incident }.
unavailable-next = Try again in a few minutes. If it happens again, get in touch with us and name that reference.
slow-title = This takes longer than usual
slow-text = Your new password may well be set within the next minute. It will not be set twice.
slow-next = Wait a minute, then try again to see how it stands.
timeout-title = That took too long
timeout-text = Your request did not arrive in full. Nothing has been changed, and your link is still good.
timeout-next = Please try again, perhaps where the connection is better.

## A request that makes no sense

home-title = Set a new password
home-text = For that you need your own personal link.
home-next = Open the link from the mail that we sent you, or the one that one of us gave you.
not-found-title = There is nothing at this address
not-found-text = Perhaps the address was copied only in part.
not-found-next = Open your link again, from the message that brought it.
method-title = That does not work here
method-text = Your browser asked for something that this page does not offer. Nothing has been changed.
method-next = Open your link again, from the message that brought it.
too-large-title = That was too much
too-large-text = The form sent more than a password can hold. Nothing has been changed, and your link is still good.
too-large-next = Please try again with a shorter password.
incomplete-title = The form did not arrive in full
incomplete-text = The new password was not in what we received. Nothing has been changed, and your link is still good.
incomplete-next = Please try again.
elsewhere-title = This form came from another website
elsewhere-text = A new password is only taken from our own page. Nothing has been changed, and your link is still good.
elsewhere-next = Open your link again, from the message that brought it.
