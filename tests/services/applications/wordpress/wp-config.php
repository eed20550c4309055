<?php
// The config of a site that lives as long as a test, with a database of its own, and without a word to the outside.
$database = json_decode(getenv('TEST_DATABASE'), true);
define('DB_HOST', $database['host']);
define('DB_NAME', $database['name']);
define('DB_USER', $database['user']);
define('DB_PASSWORD', $database['password']);
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH_KEY', 'SECURE_AUTH_KEY', 'LOGGED_IN_KEY', 'NONCE_KEY', 'AUTH_SALT', 'SECURE_AUTH_SALT', 'LOGGED_IN_SALT', 'NONCE_SALT'] as $secret) {
    define($secret, "$secret of a site that lives as long as a test");
}
define('WP_HOME', getenv('TEST_URL'));
define('WP_SITEURL', getenv('TEST_URL'));
define('DISABLE_WP_CRON', true);
define('WP_HTTP_BLOCK_EXTERNAL', true);
$table_prefix = 'wp_';
require_once ABSPATH . 'wp-settings.php';
