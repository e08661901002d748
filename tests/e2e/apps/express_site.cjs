// An Express site whose sessions are in DynamoDB by connect-dynamodb, and in each the version that began it.
const { createRequire } = require('node:module');
const load = createRequire(process.argv[2] + '/index.js');
const express = load('express');
const session = load('express-session');
const { DynamoDBClient } = load('@aws-sdk/client-dynamodb');
const Store = load('connect-dynamodb')({ session });

const { VERSION, PORT, TABLE } = process.env;
const isTold = process.env.KNOWS_PUBLIC_HOST === 'yes'; // believes X-Forwarded-Host, as docs/settings.md says
const file = `app.${VERSION}c0ffee.js`;
const client = new DynamoDBClient({ endpoint: process.env.AWS_ENDPOINT_URL, region: 'us-east-1' });
const application = express();

application.set('trust proxy', isTold);
application.use(express.urlencoded({ extended: false }));
application.get(`/assets/${file}`, (_request, response) => {
    response.set('cache-control', 'max-age=31536000, immutable').type('text/javascript').send(`// ${VERSION}`);
});
application.use('/assets', (_request, response) => response.status(404).send(`version ${VERSION} has no such file`));
application.use(session({
    secret: 'keyboard cat',
    store: new Store({ client, table: TABLE }),
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true },
}));

const absolute = (request, path) => `https://${request.host}${path}`;
const site = (request) => (isTold ? absolute(request, '') : 'https://www.example.com'); // else it is configured
const page = (text, form = '') =>
    `<!doctype html><title>shop ${VERSION}</title><script src="/assets/${file}"></script><p>${text}</p>${form}`;

application.get('/', (_request, response) => response.send(page(`version ${VERSION}`)));
application.get('/login', (_request, response) => response.redirect(301, '/login/'));
application.get('/login/', (request, response) => {
    request.session.version = VERSION; // what the router reads: who has a session stays
    request.session.token = Math.random().toString(36).slice(2);
    const token = `<input type="hidden" name="token" value="${request.session.token}">`;
    response.send(page('sign in', `<form method="post" action="/login/">${token}<input name="user"></form>`));
});
application.post('/login/', (request, response) => {
    if (request.body.token !== request.session.token || request.get('origin') !== site(request)) {
        response.status(403).send('forged');
        return;
    }
    request.session.user = request.body.user;
    response.redirect(absolute(request, '/account/'));
});
application.get('/account/', (request, response) => {
    if (!request.session.user) {
        response.redirect(absolute(request, '/login/'));
        return;
    }
    response.send(page(`signed in as ${request.session.user}`));
});
application.listen(Number(PORT), '127.0.0.1');
