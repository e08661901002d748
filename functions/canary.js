// Assigns a visitor's version before the cache, at viewer-request, and keeps it in a cookie, at viewer-response.
// Runtime cloudfront-js-2.0. CONFIG is put in at deploy; percentage, pin and release are in the key-value store.
// The same assignment as router/model/assignment.py and the same cookie as strategies/cookie_version.py.
import cf from 'cloudfront';
import crypto from 'crypto';

const CONFIG = {};

// include shared.js

async function handler(event) {
    // only with skew
    const build = await buildOf(event.request);
    if (build.origin) {
        return event.response ? event.response : passedOn(event, build);
    }
    // end
    let text;
    try {
        text = await cf.kvs().get('canary');
    } catch (error) {
        text = undefined;
    }
    const decision = decided(event, text);
    // only with skew
    decision.buildReason = build.buildReason;
    // end
    return event.response ? answered(event, decision) : passedOn(event, decision);
}

// only with skew
// As router/skew.py: the decision of a request for a file of a known build, `buildReason` for one of another build, or
// neither. The key-value store has the place of each build, the router takes the id out of the path.
async function buildOf(request) {
    const skew = CONFIG.skew;
    let buildReason;
    try {
        let uri = request.uri;
        let build = '';
        if (skew.prefix && uri.indexOf(skew.prefix) === 0) {
            const end = uri.indexOf('/', skew.prefix.length);
            build = uri.slice(skew.prefix.length, end < 0 ? uri.length : end);
            if (isBuild(build) && end > 0 && end < uri.length - 1) {
                uri = uri.slice(end);
            }
        }
        if (!/^(GET|HEAD)$/.test(request.method) || !new RegExp('^(?:' + skew.paths + ')$').test(uri)
            || /(\/|%2f)(\.|%2e){2}(\/|%2f|$)/i.test(uri)) {
            return {};
        }
        skew.places.forEach((place) => {
            build = build || valueIn(request, place[0], place[1]);
        });
        if (!build) {
            return {};
        }
        buildReason = 'malformed';
        if (isBuild(build)) {
            buildReason = 'unknown';
            const place = await cf.kvs().get('build:' + build);
            const origin = place.split('/')[0];
            if (CONFIG.origins.indexOf(origin) >= 0) {
                // With the id, for nobody knew it yesterday, and what was cached then was another build's.
                return { origin: origin, version: place + '@' + build, reason: 'build' };
            }
            buildReason = place === '-' ? 'retired' : 'unknown';
        }
    } catch (error) {
        // The store has no such key.
    }
    return { buildReason: buildReason };
}

function isBuild(text) {
    return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}
// end

// {origin, reason}, `version` where the version is not the origin's name, `bucket` of a percentage, and what a cookie keeps.
function decided(event, text) {
    let reason = 'error';
    try {
        const forced = CONFIG.override ? overridden(event.request) : '';
        if (forced) {
            return { origin: forced, reason: 'override' };
        }
        reason = text === undefined ? 'kvs-failed' : 'malformed-config';
        const live = JSON.parse(text);
        // As router/dynamodb/responses.py has it: Number() would take ' 5 ', '0x10' and '+5' too.
        const percent = typeof live.percent === 'string' && /^(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(live.percent)
            ? Number(live.percent) : live.percent;
        if (typeof percent === 'number' && percent >= 0 && percent <= 100 && typeof live.release === 'string'
            && (live.pin === 'none' || CONFIG.origins.indexOf(live.pin) >= 0)) {
            if (live.pin !== 'none') {
                return { origin: live.pin, reason: 'pinned' };
            }
            reason = 'error';
            const decision = assigned(event, live, percent);
            // A rollout was rolled back: nobody stays on the canary, and cookies are left as they are.
            const isWithdrawn = live.withdrawn && decision.origin === 'canary';
            return isWithdrawn ? { origin: 'stable', reason: 'canary-withdrawn' } : decision;
        }
    } catch (error) {
        // The reason is what had begun.
    }
    const version = CONFIG.session && reason !== 'error' ? asking(event, 'stable') : 'stable';
    return { origin: 'stable', version: version, reason: reason, isFallback: true };
}

function assigned(event, live, percent) {
    // The release as in cookies; a hash, where the store lacks it.
    const tag = typeof live.tag === 'string' ? live.tag
        : sha256(live.release).slice(0, 8);
    const decision = bestOf(valuesIn(event.request, 'cookie', CONFIG.cookie), tag);
    if (decision.origin) {
        return decision;
    }
    const session = CONFIG.session ? sessionOf(event.request) : '';
    if (session && live.withdrawn) {
        // Whatever the table says, so nobody asks it.
        return { origin: 'stable', reason: 'canary-withdrawn' };
    }
    // only with bots
    if (!session && !decision.visitor && isBot(event.request)) {
        // What a page loads that somebody then looks at comes without identity.
        return { origin: percent > 50 && isPrefetch(event.request) ? 'canary' : 'stable', reason: 'bot' };
    }
    // end
    // only with pages
    if (!session && !decision.visitor && isSubrequest(event.request)) {
        return { origin: percent > 50 ? 'canary' : 'stable', reason: 'no-identity' };
    }
    // end
    const visitor = session || decision.visitor || minted(event);
    draw(decision, live.release, percent, visitor);
    if (session) {
        decision.reason = 'asks-table';
        decision.version = asking(event, decision.version || decision.origin);
    } else {
        decision.tag = tag;
        decision.visitor = visitor;
    }
    return decision;
}

// As router/groups.py: the holdout, the canary's buckets from 0 on, and the baseline's at the other end.
function draw(decision, release, percent, visitor) {
    decision.origin = 'stable';
    // only with holdout
    if (bucket('holdout\0' + CONFIG.holdout.name, visitor) < Math.round(CONFIG.holdout.percent * 100)) {
        decision.reason = 'holdout';
        return;
    }
    // end
    const limit = Math.round(percent * 100);
    decision.bucket = bucket(release, visitor);
    if (decision.bucket < limit) {
        decision.origin = 'canary';
    // only with baseline
    } else if (decision.bucket >= 10000 - limit) {
        decision.version = 'baseline';
    // end
    }
}

// Of 10,000.
function bucket(release, key) {
    return parseInt(sha256(release + '\0' + key).slice(0, 13), 16) % 10000;
}

function minted(event) {
    return sha256((event.context && event.context.requestId) || '').slice(0, 16);
}

// only with pages
// As is_subrequest in router/model/request.py, and holds_back_cookies in strategies/cookie_version.py.
function isSubrequest(request) {
    const header = (name) => valueIn(request, 'header', name);
    const mode = header('sec-fetch-mode');
    return (mode ? mode !== 'navigate' : request.method === 'OPTIONS' && header('access-control-request-method') !== '')
        || (!CONFIG.session && header('sec-fetch-site') === 'cross-site' && !/SameSite=None/.test(CONFIG.attributes)
            && (!/^(GET|HEAD)$/.test(request.method) || /^(i?frame|embed|object)$/.test(header('sec-fetch-dest'))));
}
// end

// only with session
// A session without the cookie is on a version that only its table knows. The router asks it, and takes the assigned
// version for a session that is unknown; no other request has this value, so the answer out of the cache is nobody's.
function asking(event, origin) {
    try {
        return sessionOf(event.request) ? origin + '?' + minted(event) : origin;
    } catch (error) {
        return origin;
    }
}

function sessionOf(request) {
    const session = valueIn(request, 'cookie', CONFIG.session);
    return session.length <= 1024 ? session : '';
}
// end

// Of several cookies the first that names a version, or else a visitor.
function bestOf(values, tag) {
    const found = values.filter((value) => value !== '').map((value) => readCookie(value, tag));
    return found.find((one) => one.origin) || found.find((one) => one.visitor) || found[0] || { reason: 'no-cookie' };
}

// {origin or visitor, reason}, as CookieVersion reads it.
function readCookie(value, tag) {
    const isSigned = CONFIG.keys.length > 0;
    if (!isSigned && kept(value)) {
        return kept(value);
    }
    const parts = (isSigned ? verified(value) : value).split('.');
    if (parts.length !== 3 || !/^[A-Za-z0-9_-]{1,64}$/.test(parts[2])) {
        return { reason: isSigned ? 'forged-cookie' : 'malformed-cookie' };
    }
    if (parts[1] !== tag) {
        return { visitor: parts[2], reason: 'other-release' };
    }
    return kept(parts[0]) || { visitor: parts[2], reason: 'unknown-version' };
}

// The decision by the version in a cookie; undefined where there is no such version.
function kept(name) {
    // only with baseline
    if (name === 'baseline') {
        return { origin: 'stable', version: name, reason: 'cookie' };
    }
    // end
    return CONFIG.origins.indexOf(name) < 0 ? undefined : { origin: name, reason: 'cookie' };
}

// The response, with the cookie for whom the percentage has just decided.
function answered(event, decision) {
    const response = event.response;
    // As router/cache_control.py has it.
    const isSharedForLong = (entry) => {
        const text = entry ? (entry.multiValue || [entry]).map((one) => one.value).join(', ') : '';
        const found = Object.create(null);
        text.replace(/([^\s,;="]+)(\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s,;"]*))?/g, (all, name, value) => {
            const key = name.toLowerCase();
            found[key] = key in found ? found[key] : value || '';
        });
        const isLong = (name) => /^[\s="]*\d+[\s="]*$/.test(found[name]) && /\d+/.exec(found[name])[0] >= 86400;
        return !('no-store' in found || /^[\s="]*$/.test(found.private))
            && ('immutable' in found || isLong('max-age') || ('public' in found && isLong('s-maxage')));
    };
    try {
        // only with bots
        if (isBot(event.request)) {
            return response;
        }
        // end
        const version = decision.version || decision.origin;
        // AWS does not say whether this header is seen here. If it is, a changed config sets no cookie.
        const seen = valueIn(event.request, 'header', 'x-router-version');
        const isRight = !seen || seen === version;
        const headers = response.headers || {};
        if (decision.tag && response.statusCode < 500 && isRight && (!CONFIG.path || isInPath(event.request.uri))
            && !isSharedForLong(headers['cache-control'])) {
            const value = version + '.' + decision.tag + '.' + decision.visitor;
            response.cookies = response.cookies || {};
            if (!response.cookies[CONFIG.cookie]) {
                const cookie = CONFIG.keys.length ? signed(value) : value;
                response.cookies[CONFIG.cookie] = { value: cookie, attributes: CONFIG.attributes };
            }
        }
    } catch (error) {
        return response;
    }
    return response;
}

// only with path
// Outside of the cookie's path nobody sends it, and another one would take its place (RFC 6265 §5.1.4).
function isInPath(uri) {
    const path = CONFIG.path;
    return uri === path || (uri.indexOf(path) === 0 && (path[path.length - 1] === '/' || uri[path.length] === '/'));
}
// end

// only with keys
function verified(value) {
    const dot = value.lastIndexOf('.');
    const payload = dot < 0 ? '' : value.slice(0, dot);
    // Digests are compared, so that the time it takes says nothing about the signature.
    const given = sha256(value.slice(dot + 1));
    return CONFIG.keys.some((key) => sha256(signature(key, payload)) === given) ? payload : '';
}

function signed(payload) {
    return payload + '.' + signature(CONFIG.keys[0], payload);
}

function signature(key, payload) {
    return crypto.createHmac('sha256', key).update(payload).digest('base64url');
}
// end
