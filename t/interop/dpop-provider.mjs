// The authorization server of t/interop/dpop: npm's oidc-provider on a loopback port. Its client "orders"
// gets tokens that are bound to a key (DPoP), by the grant client_credentials, and needs a nonce for that.
//
//   node dpop-provider.mjs FOLDER AUDIENCE
//
// Writes FOLDER/port when it answers.

import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const [folder, audience] = process.argv.slice(2);

async function signingKey() {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    return { ...await exportJWK(privateKey), kid: 'key-1', alg: 'ES256', use: 'sig' };
}

let answer;
const server = createServer((request, response) => answer(request, response));
const port = await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port));
});

const provider = new Provider(`http://127.0.0.1:${port}`, {
    jwks: { keys: [await signingKey()] },
    clients: [{
        client_id: 'orders',
        client_secret: 'orders-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        id_token_signed_response_alg: 'ES256',
        dpop_bound_access_tokens: true,
    }],
    enabledJWA: { dPoPSigningAlgValues: ['ES256', 'RS256', 'PS256'] },
    cookies: { keys: ['no browser comes here'] },
    features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
        resourceIndicators: {
            enabled: true,
            getResourceServerInfo: () => ({
                scope: '', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } },
            }),
        },
    },
});
provider.on('server_error', (ctx, error) => console.error(error));
answer = provider.callback();

writeFileSync(`${folder}/port.new`, `${port}\n`);
renameSync(`${folder}/port.new`, `${folder}/port`);
