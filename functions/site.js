// Names the site where an answer names an origin: Location, Content-Location and Set-Cookie, at viewer-response. It does
// what router/public_host.py does behind a cache, but for what needs to know which origin answered: that is not known of
// a kept answer. Runtime cloudfront-js-2.0. CONFIG is put in at deploy; the origins' hosts are in the key-value store.
import cf from 'cloudfront';

const CONFIG = {};

const REFERENCE = /^(?:(?:([Hh][Tt][Tt][Pp][Ss]?):)?\/\/([^\/?#@:\\]+)(?::([0-9]{0,5}))?)?((?:[\/?#][^\0-\x1f\x7f]*)?)$/;

async function handler(event) {
    const headers = event.response.headers || {};
    const cookies = event.response.cookies || {};
    try {
        await rewriteHeader(headers.location, event, true);
        await rewriteHeader(headers['content-location'], event, false);
        const names = Object.keys(cookies);
        for (let i = 0; i < names.length; i += 1) {
            await rewriteCookie(cookies[names[i]]);
            const more = cookies[names[i]].multiValue || [];
            for (let j = 0; j < more.length; j += 1) {
                await rewriteCookie(more[j]);
            }
        }
    } catch (error) {
        return event.response;
    }
    return event.response;
}

async function rewriteHeader(field, event, isRedirect) {
    if (!field) {
        return;
    }
    field.value = await reference(field.value, event, isRedirect);
    const more = field.multiValue || [];
    for (let i = 0; i < more.length; i += 1) {
        more[i].value = await reference(more[i].value, event, isRedirect);
    }
}

// Without scheme and host where they are an origin's, and without the path of the origin where there is one only that
// it can be.
async function reference(value, event, isRedirect) {
    const parts = REFERENCE.exec(value);
    if (!parts) {
        return value;
    }
    const scheme = (parts[1] || '').toLowerCase();
    const host = (parts[2] || '').toLowerCase().replace(/\.$/, '');
    const standard = scheme === 'http' ? 80 : 443;
    const port = Number(parts[3] || standard);
    const rest = parts[4];
    const known = parts[2] ? await found('host:' + host) : null;
    const origin = known && (known.http || known.https) ? known : null;
    const isOwnPort = origin && ((origin.http || []).indexOf(port) >= 0 || (origin.https || []).indexOf(port) >= 0);
    if ((port !== standard && !isOwnPort) || (!origin && parts[2] && !isSite(host, event))) {
        return value;
    }
    const path = below(rest, origin ? origin.paths || [] : [CONFIG.path]);
    if (!origin && path === rest) {
        return value;
    }
    if (isRedirect && parts[2] && isEndless(path, !origin || !scheme || origin[scheme] !== undefined, event)) {
        return value;
    }
    if (!origin && parts[2]) {
        return value.slice(0, value.length - rest.length) + path;
    }
    // A path may begin with two slashes, a reference to a path may not.
    return /^\/[\/\\]/.test(path) ? '/.' + path : path[0] === '/' ? path : '/' + path;
}

function isSite(host, event) {
    return host === event.context.distributionDomainName || CONFIG.names.indexOf(host) >= 0;
}

// A redirect to the page that was asked: rewritten it would come back for ever, unless it is the origin's own page at
// the scheme that it is asked by, and a cookie is what makes the next answer another one.
function isEndless(path, isOwnScheme, event) {
    const request = event.request;
    const status = event.response.statusCode;
    const isRepeated = request.method === 'GET' || request.method === 'HEAD' || status === 307 || status === 308;
    const query = request.rawQueryString ? request.rawQueryString() : '';
    const asked = query ? request.uri + '?' + query : request.uri;
    const setsCookie = Object.keys(event.response.cookies || {}).length > 0;
    return isRepeated && path.split('#')[0] === asked && !(isOwnScheme && setsCookie);
}

// Without a Domain that is an origin's or above one, where no name of the site lies in it.
async function rewriteCookie(field) {
    if (!field.attributes) {
        return;
    }
    const parts = field.attributes.split(';');
    const names = parts.map(part => part.split('=')[0].trim().toLowerCase());
    const values = parts.map(part => part.indexOf('=') < 0 ? '' : part.slice(part.indexOf('=') + 1).trim());
    const last = names.lastIndexOf('domain');
    const domain = last < 0 ? '' : values[last].toLowerCase().replace(/^\./, '');
    const known = domain.indexOf('.') >= 0 ? await found('host:' + domain) : null;
    const isForeign = known !== null && known.isForeign === true;
    const paths = isForeign ? known.paths || [] : [CONFIG.path];
    const kept = [];
    for (let i = 0; i < parts.length; i += 1) {
        const path = names[i] === 'path' ? below(values[i], paths) : values[i];
        if (path !== values[i]) {
            kept.push(parts[i].split('=')[0] + '=' + path);
        } else if (names[i] !== 'domain' || !isForeign) {
            kept.push(parts[i]);
        }
    }
    const attributes = kept.join(';').trim();
    if (attributes) {
        field.attributes = attributes;
    } else {
        delete field.attributes;
    }
}

// The path as the viewer asks for it. Of several origins' paths that it may begin with, nobody knows which one was meant;
// "" is one of them.
function below(path, prefixes) {
    const fitting = prefixes.filter(prefix => path.indexOf(prefix) === 0
        && /^(?:[\/?#]|$)/.test(path.slice(prefix.length)));
    if (fitting.length !== 1 || fitting[0] === '') {
        return path;
    }
    const rest = path.slice(fitting[0].length);
    return rest[0] === '/' ? rest : '/' + rest;
}

// null where the store has no such key, or does not answer: then the value stays as it is.
async function found(key) {
    try {
        const text = await cf.kvs().get(key);
        return JSON.parse(text);
    } catch (error) {
        return null;
    }
}
