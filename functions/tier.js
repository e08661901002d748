// Sends a request to the origin of its tier, at viewer-request: the cache keeps the tiers apart by the version header.
// Runtime cloudfront-js-2.0. CONFIG is put in at deploy; which tier is where is in the key-value store.
import cf from 'cloudfront';
import crypto from 'crypto';

const CONFIG = {};
const VERSION_HEADER = 'x-router-version';
const TIER_NAME = /^[A-Za-z0-9-]{1,32}$/;

async function handler(event) {
    const request = event.request;
    let decision = null;
    try {
        decision = atOnce(request);
        if (decision.tier) {
            const found = { text: undefined, isMissing: false };
            try {
                found.text = await cf.kvs().get('tier:' + decision.tier);
            } catch (error) {
                // get throws on a missing key as it does on a failure; exists, a second read, tells the two apart.
                found.isMissing = (await cf.kvs().exists('tier:' + decision.tier)) === false;
            }
            decision = byTier(decision.tier, found, request);
        }
        send(request, decision);
    } catch (error) {
        decision = fallenBack(decision && decision.tier ? 'kvs-failed' : 'error');
    }
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

// The decision, or the tier to look for in the store.
function atOnce(request) {
    const forced = CONFIG.override ? overridden(request) : '';
    if (forced) {
        return named(forced, CONFIG.origins[forced], 'override');
    }
    if (CONFIG.pin !== 'none') {
        return named(CONFIG.pin, CONFIG.origins[CONFIG.pin], 'pinned');
    }
    for (let i = 0; i < CONFIG.places.length; i += 1) {
        const value = valueIn(request, CONFIG.places[i][0], CONFIG.places[i][1]);
        if (value) {
            if (!TIER_NAME.test(value)) {
                return toStable('malformed-tier');
            }
            const tier = value.toLowerCase();
            return tier === CONFIG.default ? toStable('default-tier') : { tier: tier };
        }
    }
    return toStable('no-tier');
}

function byTier(tier, found, request) {
    if (found.text === undefined) {
        return found.isMissing ? toStable('unknown-tier') : fallenBack('kvs-failed');
    }
    const origin = parsed(found.text);
    if (!origin) {
        return fallenBack('malformed-origin');
    }
    // One tier at several host names is several sites.
    const version = origin.hostHeader === 'viewer' ? 'tier:' + tier + '@' + viewerHost(request) : 'tier:' + tier;
    return { origin: tier, version: version, reason: 'tier', target: origin };
}

function parsed(text) {
    try {
        const origin = JSON.parse(text);
        const isOrigin = origin && typeof origin.domainName === 'string' && origin.domainName
            && typeof origin.port === 'number' && (origin.protocol === 'http' || origin.protocol === 'https')
            && typeof origin.path === 'string' && typeof origin.hostHeader === 'string' && origin.hostHeader;
        return isOrigin ? origin : null;
    } catch (error) {
        return null;
    }
}

// What updateRequestOrigin leaves out is inherited from the stable origin ("Helper methods for origin modification").
function send(request, decision) {
    const origin = decision.target;
    if (!origin) {
        if (CONFIG.stableHost) {
            cf.updateRequestOrigin({ hostHeader: CONFIG.stableHost });
        }
        return;
    }
    const update = {
        domainName: origin.domainName,
        hostHeader: hostFor(origin, request),
        customOriginConfig: { port: origin.port, protocol: origin.protocol, sslProtocols: ['TLSv1.2'] }
    };
    if (origin.path !== CONFIG.stablePath) {
        update.originPath = origin.path;
    }
    if (origin.readTimeoutSeconds) {
        update.timeouts = { readTimeout: origin.readTimeoutSeconds };
    }
    cf.updateRequestOrigin(update);
}

function hostFor(origin, request) {
    if (origin.hostHeader === 'viewer') {
        return viewerHost(request) || origin.domainName;
    }
    return origin.hostHeader === 'origin' ? origin.domainName : origin.hostHeader;
}

function viewerHost(request) {
    return valueIn(request, 'header', 'host').split(':')[0];
}

// `<origin>:<secret>`; digests are compared, so that the time it takes says nothing about the secret.
function overridden(request) {
    const override = CONFIG.override;
    const value = valueIn(request, override.place, override.name);
    const colon = value.indexOf(':');
    const name = colon < 0 ? value : value.slice(0, colon);
    const secret = colon < 0 ? '' : value.slice(colon + 1);
    const isRight = value !== '' && sha256(secret) === override.digest;
    return isRight && Object.prototype.hasOwnProperty.call(CONFIG.origins, name) ? name : '';
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

function named(name, target, reason) {
    return { origin: name, version: name, reason: reason, target: name === 'stable' ? null : target };
}

function toStable(reason) {
    return { origin: 'stable', version: 'stable', reason: reason, target: null };
}

function fallenBack(reason) {
    return { origin: 'stable', version: 'stable', reason: reason, target: null, isFallback: true };
}

// Nothing that came with the request, but for CloudFront's own id of it.
function log(event, decision) {
    const line = { strategy: 'tier', origin: decision.origin, reason: decision.reason };
    line.requestId = (event.context && event.context.requestId) || '';
    if (decision.isFallback) {
        line.fallback = true;
    }
    console.log(JSON.stringify(line));
}
