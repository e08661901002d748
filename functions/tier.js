// Sends a request to the origin of its tier, at viewer-request: the cache keeps the tiers apart by the version header.
// Runtime cloudfront-js-2.0. CONFIG is put in at deploy; the pin, and which tier is where, are in the key-value store.
import cf from 'cloudfront';
import crypto from 'crypto';

const CONFIG = {};

// include shared.js

async function handler(event) {
    const request = event.request;
    let failure = 'error';
    let decision = null;
    try {
        let asked = askedFor(request);
        failure = 'kvs-failed';
        let text = '';
        try {
            text = await cf.kvs().get(asked.key);
        } catch (error) {
            if (!asked.tier) {
                throw error;
            }
            // get throws on a missing key as it does on a failure. The pin is in every store, so that reading it tells
            // the two apart, and a tier that nobody knows obeys it.
            asked = { key: 'pin', reason: 'unknown-tier' };
            text = await cf.kvs().get('pin');
        }
        failure = 'error';
        decision = decided(asked, text, request);
        send(request, decision.target);
    } catch (error) {
        decision = fallenBack(failure);
    }
    if (request.method === 'GET' || request.method === 'HEAD') {
        request.headers = passing(request.headers || {});
    }
    namePublicHost(event, decision.target);
    return passedOn(event, decision);
}

// What of a viewer's headers may reach an origin whose answer is kept: router/cache_guard.py says why. No router stands
// behind this cache, so it is done before. CloudFront writes X-Forwarded-For itself.
function passing(headers) {
    const kept = {};
    for (let i = 0; i < CONFIG.passing.length; i += 1) {
        const entry = headers[CONFIG.passing[i]];
        if (entry && (CONFIG.passing[i] !== 'range' || isOneRange(entry))) {
            kept[CONFIG.passing[i]] = entry;
        }
    }
    if (!kept['user-agent']) {
        kept['user-agent'] = { value: 'Amazon CloudFront' };
    }
    return kept;
}

// As public_headers of router/event.py, but one name for all viewers: their Host is not always in the key.
function namePublicHost(event, target) {
    const headers = event.request.headers || {};
    for (let i = 0; i < CONFIG.claims.length; i += 1) {
        delete headers[CONFIG.claims[i]];
    }
    const isNamed = target ? target.hostHeader !== 'viewer' : !CONFIG.stableHasViewerHost;
    const host = CONFIG.publicHost || event.context.distributionDomainName;
    if (isNamed) {
        headers['x-forwarded-host'] = { value: host };
    }
    // only with forwarded
    headers.forwarded = { value: (isNamed ? 'host="' + host + '";' : '') + CONFIG.forwarded };
    // end
}

// As router/cache_guard.py has it.
function isOneRange(entry) {
    const range = entry.multiValue && entry.multiValue.length > 1 ? null
        : /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(entry.value);
    return range !== null && range[1] + range[2] !== ''
        && (range[1] === '' || range[2] === '' || Number(range[1]) <= Number(range[2]));
}

// The key to read, and what it is read for: the origin of an override, a tier, or the pin where no tier is looked for.
function askedFor(request) {
    const forced = CONFIG.override ? overridden(request) : '';
    if (forced) {
        return { key: 'origin:' + forced, forced: forced };
    }
    for (let i = 0; i < CONFIG.places.length; i += 1) {
        const value = valueIn(request, CONFIG.places[i][0], CONFIG.places[i][1]);
        if (value) {
            if (!/^[A-Za-z0-9-]{1,32}$/.test(value)) {
                return { key: 'pin', reason: 'malformed-tier' };
            }
            const tier = value.toLowerCase();
            const isDefault = tier === CONFIG.default;
            return isDefault ? { key: 'pin', reason: 'default-tier' } : { key: 'tier:' + tier, tier: tier };
        }
    }
    return { key: 'pin', reason: 'no-tier' };
}

function decided(asked, text, request) {
    const found = parsed(text);
    if (!found) {
        return fallenBack('malformed-origin');
    }
    if (asked.forced) {
        return named(asked.forced, found, 'override', request);
    }
    // While a pin is set, every tier has it instead of its origin.
    if (found.pin && found.pin !== 'none') {
        return named(found.pin, found, 'pinned', request);
    }
    const tier = asked.tier;
    if (!tier) {
        return named('stable', null, asked.reason);
    }
    if (found.pin) {
        return fallenBack('malformed-origin');
    }
    return { origin: tier, version: 'tier:' + tier + ofHost(found, request), reason: 'tier', target: found };
}

// An origin, or a pin: {"pin":"none"}, {"pin":"stable"}, or "canary" with the fields of an origin; or null.
function parsed(text) {
    try {
        const found = JSON.parse(text);
        const pin = found.pin;
        const isSound = pin === 'none' || pin === 'stable' || ((pin === undefined || pin === 'canary')
            && typeof found.domainName === 'string' && found.domainName !== '' && typeof found.port === 'number'
            && (found.protocol === 'http' || found.protocol === 'https') && typeof found.path === 'string'
            && typeof found.hostHeader === 'string' && found.hostHeader !== '');
        return isSound ? found : null;
    } catch (error) {
        return null;
    }
}

// What updateRequestOrigin leaves out is inherited from the stable origin ("Helper methods for origin modification").
function send(request, origin) {
    if (!origin) {
        if (CONFIG.stableHost) {
            cf.updateRequestOrigin({ hostHeader: CONFIG.stableHost });
        }
        return;
    }
    const kind = origin.hostHeader;
    const host = kind === 'viewer' ? viewerHost(request) : kind === 'origin' ? '' : kind;
    const update = {
        domainName: origin.domainName,
        hostHeader: host || origin.domainName,
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

function viewerHost(request) {
    return valueIn(request, 'header', 'host').split(':')[0];
}

function named(name, origin, reason, request) {
    const target = name === 'stable' ? null : origin;
    return { origin: name, version: name + ofHost(target, request), reason: reason, target: target };
}

// One origin at several host names is several sites. The stable one's Host is in the cache key itself.
function ofHost(origin, request) {
    return origin && origin.hostHeader === 'viewer' ? '@' + viewerHost(request) : '';
}

function fallenBack(reason) {
    return { origin: 'stable', reason: reason, isFallback: true };
}
