<?php
// WordPress without its pages: every line that comes in is what a test asks, as JSON, and every line that goes out is the answer.
$_SERVER['HTTP_HOST'] = parse_url(getenv('TEST_URL'), PHP_URL_HOST);
require ABSPATH . 'wp-load.php';

function answer(array $question)
{
    switch ($question['does']) {
        case 'create':
            // As a form hands it over, with slashes.
            return wp_insert_user(['user_pass' => wp_slash($question['password'])] + $question['fields']);
        case 'set_password':
            wp_set_password(wp_slash($question['password']), $question['id']);
            return null;
        case 'reset_key':
            return get_password_reset_key(get_userdata($question['id']));
        case 'takes_reset_key':
            return !is_wp_error(check_password_reset_key($question['key'], $question['login']));
    }
}

while (($line = fgets(STDIN)) !== false) {
    echo json_encode(['answer' => answer(json_decode($line, true))]), "\n";
}
