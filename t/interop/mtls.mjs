// Clients with TLS certificates: npm's openid-client and oauth4webapi. They authenticate to the provider with
// them, and use the tokens that are bound to them. A thief has the tokens, and another certificate or none.
//
//   node mtls.mjs FOLDER ISSUER ORIGIN TERMINATOR AUDIENCE
//
// The folder has ca.pem, which all servers are verified by, and NAME.pem and NAME.key for billing, reports and thief.
// Prints one line for each check; exits 1 if one failed.

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';

const [folder, issuer, origin, terminator, audience] = process.argv.slice(2);
const file = (name) => readFileSync(`${folder}/${name}`);

setTimeout(() => { console.log('FAIL the test ended in time'); process.exit(1); }, 60_000).unref();

let failed = 0;
function equal(name, got, wanted) {
    console.log(got === wanted ? `ok   ${name}` : `FAIL ${name}: ${got} instead of ${wanted}`);
    failed += got === wanted ? 0 : 1;
}

// fetch() over TLS with the certificate of that name; without a name, with none.
function fetchAs(name) {
    const identity = name ? { cert: file(`${name}.pem`), key: file(`${name}.key`) } : {};
    return (url, { method, headers, body } = {}) => new Promise((resolve, reject) => {
        const options = {
            ...identity, ca: file('ca.pem'), family: 4, agent: false, method, headers: Object.fromEntries(new Headers(headers)),
        };
        request(url, options, async (response) => {
            resolve(new Response(await buffer(response), { status: response.statusCode, headers: response.headers }));
        }).on('error', reject).end(body ? String(body) : undefined);
    });
}

// What nginx answers to a thief, or to anybody else.
async function answer(name, url, token, headers) {
    const response = await fetchAs(name)(url, { headers: { ...headers, authorization: `Bearer ${token}` } });
    const [error] = /error="\w+"/.exec(response.headers.get('www-authenticate')) ?? [];
    return response.status === 401 ? `401 ${error}` : `${response.status} ${await response.text()}`;
}
const refused = '401 error="invalid_token"';

// --- openid-client: a certificate of a CA ----------------------------------------------------------

const settings = { [openid.customFetch]: fetchAs('reports') };
const config = await openid.discovery(new URL(issuer), 'reports', undefined, openid.TlsClientAuth(), settings);
const granted = await openid.clientCredentialsGrant(config, { resource: audience });
equal('openid-client authenticates with its certificate', granted.token_type, 'bearer');
const reply = await openid.fetchProtectedResource(config, granted.access_token, new URL(`${origin}/orders`), 'GET');
equal('its request is answered', `${reply.status} ${await reply.text()}`, '200 user=reports');

// --- oauth4webapi: a self-signed certificate -------------------------------------------------------

const server = { issuer, token_endpoint: config.serverMetadata().token_endpoint };

async function grant(client_id, authentication, name) {
    const options = { [oauth.customFetch]: fetchAs(name) };
    const parameters = new URLSearchParams({ resource: audience });
    return oauth.processClientCredentialsResponse(server, { client_id },
        await oauth.clientCredentialsGrantRequest(server, { client_id }, authentication, parameters, options));
}

const { access_token: bound } = await grant('billing', oauth.TlsClientAuth(), 'billing');
const reply2 = await oauth.protectedResourceRequest(bound, 'GET', new URL(`${origin}/orders`), undefined, undefined,
    { [oauth.customFetch]: fetchAs('billing') });
equal('oauth4webapi: its request is answered', `${reply2.status} ${await reply2.text()}`, '200 user=billing');
const other = await grant('billing', oauth.TlsClientAuth(), 'thief').catch((error) => error.error);
equal('the provider knows its certificate', other, 'invalid_client');

// --- a thief -------------------------------------------------------------------------------------

for (const [owner, path, token] of [['reports', '/orders', granted.access_token], ['billing', '/orders', bound], ['billing', '/any', bound]]) {
    const name = `a token stolen from ${owner}, ${path}`;
    equal(`${name}: with another certificate`, await answer('thief', origin + path, token), refused);
    equal(`${name}: without a certificate`, await answer(undefined, origin + path, token), refused);
}
equal('the token of one client with the certificate of another', await answer('reports', `${origin}/orders`, bound), refused);

const { access_token: loose } = await grant('loose', oauth.ClientSecretBasic('loose-secret'));
equal('a token that is bound to nothing', await answer('billing', `${origin}/any`, loose), '200 user=loose');
equal('where bound ones are required', await answer('billing', `${origin}/orders`, loose), refused);

// --- behind a server that ends TLS -----------------------------------------------------------------

const certificate = encodeURIComponent(file('billing.pem'));
equal('behind a terminator', await answer('billing', `${terminator}/orders`, bound), '200 user=billing');
equal('with another certificate', await answer('thief', `${terminator}/orders`, bound), refused);
equal('without a certificate', await answer(undefined, `${terminator}/orders`, bound), refused);
equal('with the certificate in a field of the client',
    await answer(undefined, `${terminator}/orders`, bound, { 'client-cert': certificate }), refused);

process.exit(failed ? 1 : 0);
