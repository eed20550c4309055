# What contacts read in their mail. Plain and calm: people who read this are worried, or in a hurry.

mail-greeting = Hello { $name },
mail-greeting-nameless = Hello,

## The reset mail

mail-reset-subject = { $organisation }: set a new password
mail-reset-preview = Works once, until { $until }. If you did not ask for it, please tell us.
mail-reset-why-help-desk = { $organisation } sent this because the help desk asked for a new password for your account { $id }, at { $at }.
mail-reset-why-named = { $organisation } sent this because { $name } of the help desk asked for a new password for your account { $id }, at { $at }.
mail-reset-why-page = { $organisation } sent this because somebody said on our page, at { $at }, that the password of your account { $id } is forgotten.
mail-reset-what = You can set it here:
mail-reset-button = Set a new password
mail-reset-until = The link works once, until { $until }, for { $minutes ->
    [0] less than a minute
    [one] one minute
   *[other] { $minutes } minutes
}.
mail-reset-not-you = Did you not ask for this? So far nothing has been changed. Tell us here, and the link above stops working:
mail-reset-link-as-text = If the button does not work, copy this link into your browser:

## The notice after a reset

mail-changed-subject = { $organisation }: your password was changed
mail-changed-preview = At { $at }. If that was not you, please tell us at once.
mail-changed-why = { $organisation } sent this because the password of your account { $id } was changed at { $at }.
mail-changed-not-you = If that was not you, somebody else can now sign in with your account. Tell us here, and get in touch with us at once:
mail-objection = That was not me
mail-changed-sign-in = Sign in here:
mail-changed-button = Sign in

## The notice that a link was handed over

mail-handed-over-subject = { $organisation }: a link to reset your password was given to the help desk
mail-handed-over-preview = It works once, until { $until }. If you know nothing of it, please tell us at once.
mail-handed-over-why = { $organisation } sent this because, at { $at }, a link to set a new password for your account { $id } was given to the help desk. They will pass it on to you.
mail-handed-over-until = The link works once, until { $until }, for { $minutes ->
    [0] less than a minute
    [one] one minute
   *[other] { $minutes } minutes
}.
mail-handed-over-not-you = If you are not in touch with the help desk about this, please tell us at once: somebody else may be trying to get into your account.

## The test mail

mail-test-subject = { $organisation }: test mail
mail-test-preview = Mail can be sent. Nothing else has happened.
mail-test-why = { $organisation } sent this because somebody is testing its mail settings: they work. Nobody's password was reset, and there is nothing to do.

## The end of every mail

mail-support = Our help:
mail-automatic = This mail was sent automatically.

## Times

mail-time-today = { $time } { $zone }
mail-time-on = { $time } { $zone } on { $date }
mail-date =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }
