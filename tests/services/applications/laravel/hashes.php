<?php
// Laravel's hashing is PHP's own: every line that comes in is what a test asks, as JSON, and every line that goes out is the answer.

// As Illuminate\Hashing\BcryptHasher, which refuses what PHP does not call bcrypt.
function takes(string $password, string $stored): bool
{
    return password_get_info($stored)['algoName'] === 'bcrypt' && password_verify($password, $stored);
}

while (($line = fgets(STDIN)) !== false) {
    $question = json_decode($line, true);
    $answer = match ($question['does']) {
        'makes' => password_hash($question['password'], PASSWORD_BCRYPT, ['cost' => 4]),
        'takes' => takes($question['password'], $question['stored']),
        'makes_anew' => password_needs_rehash($question['stored'], PASSWORD_BCRYPT, ['cost' => 12]),
    };
    echo json_encode(['answer' => $answer]), "\n";
}
