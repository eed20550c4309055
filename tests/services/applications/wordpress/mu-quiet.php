<?php
// The server of tests has one process: a request to itself would wait for its own end.
add_filter('pre_http_request', fn () => new WP_Error('quiet', 'no requests from here'));
