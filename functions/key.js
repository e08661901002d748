// Puts the headers of the cache key that its policy has no room for into one, at viewer-request, where no other function
// runs there. Runtime cloudfront-js-2.0. CONFIG is put in at deploy.
import crypto from 'crypto';

const CONFIG = {};

function handler(event) {
    const request = event.request;
    try {
        request.headers = request.headers || {};
        request.headers['x-router-key'] = { value: keyOf(request.headers, event) };
    } catch (error) {
        return request;
    }
    return request;
}
