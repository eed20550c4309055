# What contacts read in their mail. Plain and calm: people who read this are worried, or in a hurry.

mail-greeting = Hello { $name },
mail-greeting-nameless = Hello,

## The reset mail

mail-reset-subject = { $organisation }: set a new password
mail-reset-why = The help desk of { $organisation } asked for this mail because you told them that you cannot sign in.
mail-reset-what = With this link you can set a new password for your account { $id }:
mail-reset-button = Set a new password
mail-reset-until = The link works once, until { $until }.
mail-reset-not-you = If you did not ask for this, you do not have to do anything: your password stays as it is, and the link stops working by itself. Do not pass it on to anybody. Please tell us, because somebody asked in your name.
mail-reset-link-as-text = If the button does not work, copy this link into your browser:

## The notice after a reset

mail-changed-subject = { $organisation }: your password was changed
mail-changed-what = The password of your account { $id } was changed at { $at }.
mail-changed-you = If that was you, you do not have to do anything.
mail-changed-not-you = If that was not you, somebody else can now sign in with your account. Please tell us at once.
mail-changed-sign-in = Sign in here:
mail-changed-button = Sign in

## The notice that a link was handed over

mail-handed-over-subject = { $organisation }: a link to reset your password was given to the help desk
mail-handed-over-what = At { $at }, a link to reset the password of your account { $id } was given to the help desk of { $organisation }, because it could not be sent to you by mail. They will pass it on to you.
mail-handed-over-until = The link works once, until { $until }.
mail-handed-over-not-you = If you are not in touch with the help desk about this, somebody else may be trying to get into your account. Please tell us at once.

## The test mail

mail-test-subject = { $organisation }: test mail
mail-test-what = This is a test: { $organisation } can send mail with these settings. Nobody's password was reset, and there is nothing to do.

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
