<?php
// Before every script: WordPress takes its config from this folder, where Debian's own would look into /etc.
define('ABSPATH', getenv('TEST_SITE') . '/');
