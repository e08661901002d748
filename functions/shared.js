// What both functions have, put into them at deploy: a function cannot import.
// The first value under a name, or "": of a query parameter without its percent-encoding.
function valueIn(request, place, name) {
    return valuesIn(request, place, name)[0] || '';
}

function valuesIn(request, place, name) {
    const all = request[place === 'query' ? 'querystring' : place + 's'];
    if (!all || !all[name]) {
        return [];
    }
    const entries = all[name].multiValue && all[name].multiValue.length ? all[name].multiValue : [all[name]];
    return entries.map((entry) => textOf(entry, place));
}

function textOf(entry, place) {
    const value = entry && typeof entry.value === 'string' ? entry.value : '';
    if (place === 'query') {
        try {
            return /[%+]/.test(value) ? decodeURIComponent(value.replace(/\+/g, ' ')) : value;
        } catch (error) {
            return value;
        }
    }
    const isQuoted = place === 'cookie' && value.length > 1 && value[0] === '"' && value[value.length - 1] === '"';
    return isQuoted ? value.slice(1, -1) : value;
}

// only with override
// `<origin>:<secret>`; digests are compared, so that the time it takes says nothing about the secret.
function overridden(request) {
    const override = CONFIG.override;
    const value = valueIn(request, override.place, override.name);
    const colon = value.indexOf(':');
    const name = colon < 0 ? value : value.slice(0, colon);
    const secret = colon < 0 ? '' : value.slice(colon + 1);
    return value !== '' && sha256(secret) === override.digest && CONFIG.origins.indexOf(name) >= 0 ? name : '';
}
// end

function sha256(text) {
    return crypto.createHash('sha256').update(text).digest('hex');
}

// only with bots
// As router/control/bots.py.
function isBot(request) {
    const agent = valueIn(request, 'header', 'user-agent').toLowerCase().replace(/cubot/g, '');
    return CONFIG.bots.split('|').some((token) => agent.indexOf(token) >= 0) || isPrefetch(request);
}

function isPrefetch(request) {
    return ['sec-purpose', 'purpose', 'x-moz'].some(
        (name) => valueIn(request, 'header', name).toLowerCase().indexOf('prefetch') >= 0
    );
}
// end

// The request with the version in its header, whatever the viewer sent there, and the line of the log, which has
// nothing of the request but CloudFront's id, and no character that JSON would escape.
function passedOn(event, decision) {
    const request = event.request;
    try {
        request.headers = request.headers || {};
        // The 412 of a read could be kept.
        if (request.headers['if-unmodified-since'] && /^(GET|HEAD)$/.test(request.method)) {
            delete request.headers['if-unmodified-since'];
        }
        // only with hashed
        request.headers['x-router-key'] = { value: keyOf(request.headers, event) };
        // end
        request.headers['x-router-version'] = { value: decision.version || decision.origin };
        const number = decision.bucket === undefined ? '' : ',"bucket":' + decision.bucket;
        let ending = decision.isFallback ? ',"fallback":true' : '';
        // only with skew
        ending += decision.buildReason ? ',"buildReason":"' + decision.buildReason + '"' : '';
        // end
        // only with baseline
        ending += /^baseline/.test(decision.version) ? ',"group":"baseline"' : '';
        // end
        // only with bots
        if (isBot(request)) {
            request.headers['x-router-group'] = { value: 'bot' };
            ending += ',"group":"bot"';
        }
        // end
        const id = JSON.stringify((event.context && event.context.requestId) || '');
        console.log('{"strategy":"' + CONFIG.strategy + '","origin":"' + decision.origin + '","reason":"'
            + decision.reason + '","requestId":' + id + number + ending + '}');
    } catch (error) {
        return request;
    }
    return request;
}
