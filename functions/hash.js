// The headers of the key that the cache policy has no room for, as one: put into the functions where there are such.
// What cannot be hashed shares its answer with nobody.
function keyOf(headers, event) {
    try {
        const values = [];
        for (let i = 0; i < CONFIG.hashed.length; i += 1) {
            values.push(headers[CONFIG.hashed[i]] || null);
        }
        return crypto.createHash('sha256').update(JSON.stringify(values)).digest('hex');
    } catch (error) {
        return (event.context && event.context.requestId) || String(Math.random());
    }
}
