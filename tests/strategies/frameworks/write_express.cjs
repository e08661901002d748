// Write one session with express-session and connect-dynamodb, and print its cookie's value.
const { createRequire } = require('node:module');
const http = require('node:http');
const load = createRequire(process.argv[2] + '/index.js');
const session = load('express-session');
const { DynamoDBClient } = load('@aws-sdk/client-dynamodb');
const Store = load('connect-dynamodb')({ session });

const store = new Store({ client: new DynamoDBClient({ endpoint: process.env.AWS_ENDPOINT_URL }) });
const handle = session({ secret: 'keyboard cat', store, resave: false, saveUninitialized: false });
const server = http.createServer((request, response) => {
    handle(request, response, () => {
        request.session.version = 2;
        response.end();
    });
});
server.listen(0, '127.0.0.1', () => {
    http.get({ port: server.address().port, host: '127.0.0.1' }, (response) => {
        response.resume();
        response.on('end', () => {
            console.log(response.headers['set-cookie'][0].split(';')[0].replace('connect.sid=', ''));
            server.close();
        });
    });
});
