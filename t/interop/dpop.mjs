// Clients of protected resources that use DPoP: npm's openid-client and oauth4webapi. They only know the
// issuer and the origin of nginx, and take nonces from what both answer.
//
//   node dpop.mjs ISSUER ORIGIN AUDIENCE
//
// Prints one line for each check; exits 1 if one failed.

import { setTimeout as sleep } from 'node:timers/promises';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const [issuer, origin, audience] = process.argv.slice(2);

setTimeout(() => { console.log('FAIL the test ended in time'); process.exit(1); }, 60_000).unref();

let failed = 0;
function check(name, good, ...about) {
    console.log(good ? `ok   ${name}` : `FAIL ${name}`, ...(good ? [] : about));
    failed += good ? 0 : 1;
}
const equal = (name, got, wanted) => check(name, got === wanted, got, 'instead of', wanted);

// What was sent to nginx: the statuses of the answers, and the fields of the last request.
const log = { statuses: [], fields: undefined };
async function recorded(url, options = {}) {
    const response = await fetch(url, options);
    if (new URL(url).origin === origin) {
        log.statuses.push(response.status);
        log.fields = new Headers(options.headers);
    }
    return response;
}
function statuses() {
    const seen = log.statuses.join();
    log.statuses = [];
    return seen;
}

// --- openid-client -------------------------------------------------------------------------------

const settings = { execute: [openid.allowInsecureRequests], [openid.customFetch]: recorded };
const config = await openid.discovery(new URL(issuer), 'orders', 'orders-secret', undefined, settings);
const keys = await openid.randomDPoPKeyPair('ES256', { extractable: true });
const dpop = openid.getDPoPHandle(config, keys);
const granted = await openid.clientCredentialsGrant(config, { resource: audience }, { DPoP: dpop });
equal('openid-client gets a token that is bound to its key', granted.token_type, 'dpop');

const ask = (path, { method = 'GET', handle = dpop, body, type = 'application/json' } = {}) =>
    openid.fetchProtectedResource(config, granted.access_token, new URL(`${origin}${path}`), method, body,
        new Headers(body ? { 'Content-Type': type } : {}), { DPoP: handle });

let response = await ask('/orders?page=1');
equal('its request is answered', response.status, 200);
equal('after the dance for a nonce', statuses(), '401,200');
check('by the application', (await response.text()).includes('user=orders'));
response = await ask('/orders', { method: 'POST', body: '{}' });
equal('another method', response.status, 200);
equal('with the same nonce', statuses(), '200');
response = await ask('/a%20b/..//c;d?e=%2F');
equal('a URI that has to be normalized', response.status, 200);
statuses();

// Nonces last for two seconds here.
let answered = 0;
for (let turn = 0; turn < 50; ++turn) {
    answered += (await ask('/orders')).status === 200;
    await sleep(100);
}
equal('every request is answered while nonces change', answered, 50);
statuses();

// --- a thief -------------------------------------------------------------------------------------

const proof = log.fields.get('dpop');
const steal = async (fields) => {
    const answer = await fetch(`${origin}/orders`, { headers: fields });
    return `${answer.status} ${answer.headers.get('www-authenticate')}`;
};
const bearer = { authorization: `Bearer ${granted.access_token}` };
const stolen = { authorization: `DPoP ${granted.access_token}` };
check('a stolen token is not a Bearer token', /^401 DPoP .*error="invalid_token"/.test(await steal(bearer)));
check('and needs a proof', /^401 DPoP .*error="invalid_dpop_proof"/.test(await steal(stolen)));
check('a captured proof was used', /^401 DPoP .*error="invalid_dpop_proof"/.test(await steal({ ...stolen, dpop: proof })));
const others = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'));
const refused = await ask('/orders', { handle: others }).catch((error) => error);
equal('the key of somebody else', refused.cause?.[0]?.parameters?.error, 'invalid_dpop_proof');

// --- oauth4webapi --------------------------------------------------------------------------------

const server = { issuer, token_endpoint: config.serverMetadata().token_endpoint };
const client = { client_id: 'orders' };
const insecure = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: recorded };
const algorithms = ['ES256', 'RS256', 'PS256'];

// Repeats a request once if a server asks for its nonce, as the library's documentation says.
async function dance(request) {
    try {
        return await request();
    } catch (error) {
        if (!oauth.isDPoPNonceError(error)) {
            throw error;
        }
        return request();
    }
}

for (const algorithm of algorithms) {
    const handle = oauth.DPoP(client, await oauth.generateKeyPair(algorithm));
    const tokens = await dance(async () => oauth.processClientCredentialsResponse(server, client,
        await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretBasic('orders-secret'),
            new URLSearchParams({ resource: audience }), { ...insecure, DPoP: handle })));
    statuses();
    const answer = await dance(() => oauth.protectedResourceRequest(tokens.access_token, 'GET',
        new URL(`${origin}/orders`), undefined, undefined, { ...insecure, DPoP: handle }));
    equal(`oauth4webapi with ${algorithm}: its request is answered`, answer.status, 200);
    equal(`oauth4webapi with ${algorithm}: after the dance for a nonce`, statuses(), '401,200');
}

// --- tokens that nginx issues ---------------------------------------------------------------------

// The library knows one token endpoint for each server.
function endpoint(path) {
    const own = new openid.Configuration({ issuer: origin, token_endpoint: `${origin}${path}` }, 'app', undefined,
        openid.None());
    openid.allowInsecureRequests(own);
    own[openid.customFetch] = recorded;
    return own;
}

for (const algorithm of ['ES256', 'Ed25519']) {
    const say = (what) => `${algorithm}: ${what}`;
    const pair = await openid.randomDPoPKeyPair(algorithm, { extractable: true });
    const login = endpoint('/auth/login');
    const refresh = endpoint('/auth/refresh');
    const withKey = (where) => ({ DPoP: openid.getDPoPHandle(where, pair) });
    statuses();
    const user = { username: 'alice', password: 'wonderland' };
    const first = await openid.genericGrantRequest(login, 'password', user, withKey(login));
    equal(say('a login returns tokens that are bound to the key'), first.token_type, 'dpop');
    equal(say('after the dance for a nonce'), statuses(), '400,200');
    const next = await openid.refreshTokenGrant(refresh, first.refresh_token, {}, withKey(refresh));
    equal(say('and so does a refresh'), next.token_type, 'dpop');
    const thief = { DPoP: openid.getDPoPHandle(refresh, await openid.randomDPoPKeyPair(algorithm)) };
    const stolen = await openid.refreshTokenGrant(refresh, next.refresh_token, {}, thief).catch((error) => error);
    equal(say('which needs the key'), stolen.error, 'invalid_dpop_proof');
    for (const token of [first.access_token, next.access_token]) {
        const answer = await openid.fetchProtectedResource(login, token, new URL(`${origin}/own`), 'GET', undefined,
            undefined, withKey(login));
        equal(say('a token opens the application'), `${answer.status} ${await answer.text()}`, '200 user=alice');
    }
    const again = await openid.refreshTokenGrant(refresh, next.refresh_token, {}, withKey(refresh));
    equal(say('the thief has spent nothing'), again.token_type, 'dpop');
}

process.exit(failed ? 1 : 0);
