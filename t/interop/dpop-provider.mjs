// The authorization server of t/interop/dpop: npm's oidc-provider on a loopback port. Its client "orders"
// gets tokens that are bound to a key (DPoP), by the grant client_credentials, and needs a nonce for that.
//
//   node dpop-provider.mjs FOLDER AUDIENCE
//
// Writes FOLDER/port when it answers.

import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';
import { jwtsFor, listen, signingKey, tellPort } from './provider-parts.mjs';

const [folder, audience] = process.argv.slice(2);

let answer;
const server = createServer((request, response) => answer(request, response));
const port = await listen(server);

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
        resourceIndicators: jwtsFor(audience),
    },
});
provider.on('server_error', (ctx, error) => console.error(error));
answer = provider.callback();

tellPort(folder, port);
