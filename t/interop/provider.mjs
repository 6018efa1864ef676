// An identity provider (npm's oidc-provider) on a loopback port, with two clients: acme and globex.
// Each gets RS256 access tokens by the grant client_credentials, with a tenant and roles.
//
//   node provider.mjs FOLDER [PORT]
//
// Writes FOLDER/port when it answers. FOLDER/control is a Unix socket for whoever runs the test:
//
//   POST /publish   a new key appears in the JWK Set; the old one still signs
//   POST /sign      the newest key signs from now on; the old one is still published
//   POST /remove    the keys that do not sign disappear from the JWK Set
//   POST /logout    the session "first" of the client acme ends, which is reported (OpenID Connect
//                   Back-Channel Logout) to the URI in the body
//   GET  /          nothing changes
//
// Each answers with {issuer, audience, lifetime, clients, signing, keys, fetches}: `keys` are the
// private keys, the newest last, and `fetches` says how often the JWK Set was asked for.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { text } from 'node:stream/consumers';
import Provider from 'oidc-provider';

const [folder, port = '0'] = process.argv.slice(2);
if (!folder) {
    console.error('usage: provider.mjs FOLDER [PORT]');
    process.exit(2);
}

const audience = 'https://orders.example';
const lifetime = 4; // seconds
const clients = [
    { id: 'acme', secret: 'acme-secret', tenant: 'acme', roles: ['viewer', 'editor'] },
    { id: 'globex', secret: 'globex-secret', tenant: 'globex', roles: ['viewer'] },
];

const keys = [];
let signing, issuer, answer, logoutUri, made = 0, fetches = 0;

async function publishKey() {
    const size = { modulusLength: 2048, extractable: true };
    const { privateKey } = await generateKeyPair('RS256', size);
    const kid = `key-${++made}`;
    keys.push({ ...await exportJWK(privateKey), kid, alg: 'RS256', use: 'sig' });
    return kid;
}

function tenantClaims(ctx, token) {
    const { tenant, roles } = clients.find(({ id }) => id === token.clientId);
    return { tenant_id: tenant, roles, sid: ctx.oidc.body.session };
}

// A provider reads its keys once, when it is made: a change of keys makes a new one.
function renewProvider() {
    const provider = new Provider(issuer, {
        jwks: { keys: structuredClone(keys) },
        clients: clients.map(({ id, secret }) => ({
            client_id: id,
            client_secret: secret,
            grant_types: ['client_credentials'],
            redirect_uris: [],
            response_types: [],
            ...(logoutUri && { backchannel_logout_uri: logoutUri, backchannel_logout_session_required: true }),
        })),
        cookies: { keys: ['no browser comes here'] },
        extraTokenClaims: tenantClaims,
        ttl: { ClientCredentials: lifetime },
        features: {
            backchannelLogout: { enabled: true },
            clientCredentials: { enabled: true },
            devInteractions: { enabled: false },
            resourceIndicators: {
                enabled: true,
                getResourceServerInfo: () => ({
                    scope: '',
                    audience,
                    accessTokenFormat: 'jwt',
                    accessTokenTTL: lifetime,
                    jwt: { sign: { alg: 'RS256', kid: signing } },
                }),
            },
        },
    });
    provider.on('server_error', (ctx, error) => console.error(error));
    answer = provider.callback();
    return provider;
}

async function reportLogout(uri) {
    logoutUri = uri;
    const client = await renewProvider().Client.find('acme');
    await client.backchannelLogout('acme', 'first');
}

const steps = {
    '/publish': publishKey,
    '/sign': () => { signing = keys.at(-1).kid; },
    '/remove': () => { keys.splice(0, keys.length, ...keys.filter(({ kid }) => kid === signing)); },
    '/logout': reportLogout,
};

async function control(request, response) {
    if (request.method === 'POST' && steps[request.url]) {
        await steps[request.url](await text(request));
        renewProvider();
    } else if (request.method !== 'GET') {
        response.statusCode = 404;
    }
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ issuer, audience, lifetime, clients, signing, keys, fetches }));
}

function listen(server, ...where) {
    return new Promise((resolve, reject) => {
        server.once('error', reject).listen(...where, resolve);
    });
}

const server = createServer((request, response) => {
    if (request.url.split('?')[0] === '/jwks') {
        fetches++;
    }
    answer(request, response);
});

server.keepAliveTimeout = 60_000;
signing = await publishKey();
await listen(server, Number(port), '127.0.0.1');
issuer = `http://127.0.0.1:${server.address().port}`;
renewProvider();

mkdirSync(folder, { recursive: true, mode: 0o700 });
await listen(createServer(control), `${folder}/control`);
writeFileSync(`${folder}/port.new`, `${server.address().port}\n`);
renameSync(`${folder}/port.new`, `${folder}/port`);

for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => process.exit(0));
}
