// Assigns a visitor's version before the cache, at viewer-request, and keeps it in a cookie, at viewer-response.
// Runtime cloudfront-js-2.0. CONFIG is put in at deploy; percentage, pin and release are in the key-value store.
// The same assignment as router/assignment.py and the same cookie as strategies/cookie_version.py.
import cf from 'cloudfront';
import crypto from 'crypto';

const CONFIG = {};
const VERSION_HEADER = 'x-router-version';
const BUCKETS = 10000;
const VISITOR = /^[A-Za-z0-9_-]{1,64}$/;
const LONGEST_SESSION = 1024;

async function handler(event) {
    let text;
    try {
        text = await cf.kvs().get('canary');
    } catch (error) {
        text = undefined;
    }
    const decision = decided(event, text);
    if (event.context && event.context.eventType === 'viewer-response') {
        return answered(event, decision);
    }
    const request = event.request;
    try {
        // Whatever the viewer sent by this name is gone, also where something failed.
        request.headers = request.headers || {};
        request.headers[VERSION_HEADER] = { value: decision.version };
        log(event, decision);
    } catch (error) {
        return request;
    }
    return request;
}

// The response, with the cookie for whom the percentage has just decided.
function answered(event, decision) {
    const response = event.response;
    try {
        if (decision.cookie && response.statusCode < 500 && agrees(event.request, decision)) {
            response.cookies = response.cookies || {};
            if (!response.cookies[CONFIG.cookie]) {
                response.cookies[CONFIG.cookie] = { value: signed(decision.cookie), attributes: CONFIG.attributes };
            }
        }
    } catch (error) {
        return response;
    }
    return response;
}

// AWS does not say whether viewer-response sees the header that viewer-request wrote. Where it does, and the config has
// changed in between, no cookie is set.
function agrees(request, decision) {
    const seen = valueIn(request, 'header', VERSION_HEADER);
    return !seen || seen === decision.version;
}

function decided(event, text) {
    try {
        const forced = CONFIG.override ? overridden(event.request) : '';
        if (forced) {
            return { origin: forced, version: forced, reason: 'override' };
        }
        const live = text === undefined ? { reason: 'kvs-failed' } : parsed(text);
        return live.reason ? unassigned(event, live.reason) : assigned(event, live);
    } catch (error) {
        return { origin: 'stable', version: 'stable', reason: 'error', isFallback: true };
    }
}

// {percent, pin, release, tag}, or a reason: malformed values are for the default origin. The tag is the release's, as it
// stands in cookies; it can be missing in the store, at the cost of a hash.
function parsed(text) {
    try {
        const live = JSON.parse(text);
        const percent = typeof live.percent === 'string' && live.percent !== '' ? Number(live.percent) : live.percent;
        const isSound = typeof percent === 'number' && percent >= 0 && percent <= 100
            && typeof live.release === 'string'
            && (live.pin === 'none' || CONFIG.origins.indexOf(live.pin) >= 0);
        const tag = isSound ? live.tag || sha256(live.release).slice(0, 8) : '';
        return isSound ? { percent: percent, pin: live.pin, release: live.release, tag: tag }
            : { reason: 'malformed-config' };
    } catch (error) {
        return { reason: 'malformed-config' };
    }
}

function assigned(event, live) {
    if (live.pin !== 'none') {
        return { origin: live.pin, version: live.pin, reason: 'pinned' };
    }
    const known = readCookie(event.request, live.tag);
    if (known.origin) {
        return { origin: known.origin, version: known.origin, reason: known.reason };
    }
    const session = sessionOf(event.request);
    const visitor = session || known.visitor || minted(event);
    const number = bucket(live.release, visitor);
    const origin = number < Math.round(live.percent * BUCKETS / 100) ? 'canary' : 'stable';
    if (session) {
        return asking(event, origin, 'asks-table', number);
    }
    const cookie = origin + '.' + live.tag + '.' + visitor;
    return { origin: origin, version: origin, reason: known.reason, bucket: number, cookie: cookie };
}

function bucket(release, key) {
    return parseInt(sha256(release + '\0' + key).slice(0, 13), 16) % BUCKETS;
}

function unassigned(event, reason) {
    const decision = sessionOf(event.request)
        ? asking(event, 'stable', reason) : { origin: 'stable', version: 'stable', reason: reason };
    decision.isFallback = true;
    return decision;
}

// A session without the cookie is on a version that only its table knows. The router asks it, and takes the assigned
// version for a session that is unknown; no other request has this value, so the answer out of the cache is nobody's.
function asking(event, origin, reason, number) {
    return { origin: origin, version: origin + '?' + minted(event), reason: reason, bucket: number };
}

function sessionOf(request) {
    const session = CONFIG.session ? valueIn(request, 'cookie', CONFIG.session) : '';
    return session.length <= LONGEST_SESSION ? session : '';
}

function minted(event) {
    return sha256((event.context && event.context.requestId) || '').slice(0, 16);
}

// {origin or visitor, reason}, as CookieVersion reads it.
function readCookie(request, tag) {
    const value = valueIn(request, 'cookie', CONFIG.cookie);
    if (!value) {
        return { reason: 'no-cookie' };
    }
    if (!CONFIG.keys.length && CONFIG.origins.indexOf(value) >= 0) {
        return { origin: value, reason: 'cookie' };
    }
    const parts = verified(value).split('.');
    if (parts.length !== 3 || !VISITOR.test(parts[2])) {
        return { reason: CONFIG.keys.length ? 'forged-cookie' : 'malformed-cookie' };
    }
    if (parts[1] !== tag) {
        return { visitor: parts[2], reason: 'other-release' };
    }
    if (CONFIG.origins.indexOf(parts[0]) < 0) {
        return { visitor: parts[2], reason: 'unknown-version' };
    }
    return { origin: parts[0], reason: 'cookie' };
}

function verified(value) {
    if (!CONFIG.keys.length) {
        return value;
    }
    const dot = value.lastIndexOf('.');
    const payload = dot < 0 ? '' : value.slice(0, dot);
    for (let i = 0; i < CONFIG.keys.length; i += 1) {
        if (isSame(signature(CONFIG.keys[i], payload), value.slice(dot + 1))) {
            return payload;
        }
    }
    return '';
}

function signed(payload) {
    return CONFIG.keys.length ? payload + '.' + signature(CONFIG.keys[0], payload) : payload;
}

function signature(key, payload) {
    return crypto.createHmac('sha256', key).update(payload).digest('base64url');
}

// In the same time wherever the two differ.
function isSame(one, other) {
    let difference = one.length ^ other.length;
    for (let i = 0; i < one.length; i += 1) {
        difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
    }
    return difference === 0;
}

// `<origin>:<secret>`; digests are compared, so that the time it takes says nothing about the secret.
function overridden(request) {
    const override = CONFIG.override;
    const value = valueIn(request, override.place, override.name);
    const colon = value.indexOf(':');
    const name = colon < 0 ? value : value.slice(0, colon);
    const secret = colon < 0 ? '' : value.slice(colon + 1);
    const isRight = value !== '' && sha256(secret) === override.digest;
    return isRight && CONFIG.origins.indexOf(name) >= 0 ? name : '';
}

// The first value under a name, or "": of a query parameter without its percent-encoding.
function valueIn(request, place, name) {
    const all = place === 'header' ? request.headers : place === 'cookie' ? request.cookies : request.querystring;
    if (!all || !all[name]) {
        return '';
    }
    const entry = all[name].multiValue && all[name].multiValue.length ? all[name].multiValue[0] : all[name];
    const value = entry && typeof entry.value === 'string' ? entry.value : '';
    if (place === 'query') {
        return decoded(value);
    }
    const isQuoted = place === 'cookie' && value.length > 1 && value[0] === '"' && value[value.length - 1] === '"';
    return isQuoted ? value.slice(1, -1) : value;
}

function decoded(value) {
    try {
        return /[%+]/.test(value) ? decodeURIComponent(value.replace(/\+/g, ' ')) : value;
    } catch (error) {
        return value;
    }
}

function sha256(text) {
    return crypto.createHash('sha256').update(text).digest('hex');
}

// Nothing that came with the request, but for CloudFront's own id of it.
function log(event, decision) {
    const line = { strategy: CONFIG.strategy, origin: decision.origin, reason: decision.reason };
    line.requestId = (event.context && event.context.requestId) || '';
    if (decision.bucket !== undefined) {
        line.bucket = decision.bucket;
    }
    if (decision.isFallback) {
        line.fallback = true;
    }
    console.log(JSON.stringify(line));
}
