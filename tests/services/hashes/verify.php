<?php
// Verifies hashes with PHP as Laravel and WordPress do: reads a JSON list of [scheme, password, stored], writes a JSON list of true and false.
require '/usr/share/wordpress/wp-includes/class-phpass.php';

// What WordPress hashes of what its form sends: wp_magic_quotes(), and trim() in wp_authenticate().
function of_the_form($password)
{
    return trim(addslashes($password));
}

function verifies($scheme, $password, $stored)
{
    switch ($scheme) {
        case 'argon2id':
            return password_verify($password, $stored);
        case 'bcrypt-2y':
            // Laravel refuses a hash that PHP does not call bcrypt.
            return password_get_info($stored)['algoName'] === 'bcrypt' && password_verify($password, $stored);
        case 'wordpress':
            // wp_check_password() since 6.8
            $mac = base64_encode(hash_hmac('sha384', of_the_form($password), 'wp-sha384', true));
            return str_starts_with($stored, '$wp') && password_verify($mac, substr($stored, 3));
        case 'wordpress-bcrypt':
            return (new PasswordHash(8, true))->CheckPassword(of_the_form($password), $stored);
        case 'nul':
            try {
                password_hash("a\0b", PASSWORD_BCRYPT);
                return true;
            } catch (ValueError $refused) {
                return false;
            }
    }
    throw new Exception($scheme);
}

$cases = json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR);
echo json_encode(array_map(fn($case) => verifies(...$case), array_map(fn($case) => array_slice($case, 0, 3), $cases)));
