// The authorization server of t/interop/mtls: npm's oidc-provider with TLS on a loopback port. Its clients use
// the grant client_credentials:
//
//   billing   authenticates with a certificate of its own making, gets tokens bound to it (RFC 8705)
//   reports   authenticates with a certificate of the CA, gets tokens bound to it
//   loose     authenticates with a secret, gets tokens that are bound to nothing
//
//   node mtls-provider.mjs FOLDER AUDIENCE
//
// The folder has NAME.pem and NAME.key for server, and ca.pem and billing.pem. Writes FOLDER/port when it answers.

import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { exportJWK } from 'jose';
import Provider from 'oidc-provider';
import { jwtsFor, listen, signingKey, tellPort } from './provider-parts.mjs';

const [folder, audience] = process.argv.slice(2);
const file = (name) => readFileSync(`${folder}/${name}`);

async function certificateKey(name) {
    const certificate = new X509Certificate(file(name));
    return { ...await exportJWK(certificate.publicKey), x5c: [certificate.raw.toString('base64')] };
}

let answer;
const server = createServer({
    cert: file('server.pem'), key: file('server.key'), ca: [file('ca.pem')], requestCert: true, rejectUnauthorized: false,
}, (request, response) => answer(request, response));
const port = await listen(server);

const machine = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], id_token_signed_response_alg: 'ES256' };
const provider = new Provider(`https://localhost:${port}`, {
    jwks: { keys: [await signingKey()] },
    clients: [{
        ...machine,
        client_id: 'billing',
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        jwks: { keys: [await certificateKey('billing.pem')] },
        tls_client_certificate_bound_access_tokens: true,
    }, {
        ...machine,
        client_id: 'reports',
        token_endpoint_auth_method: 'tls_client_auth',
        tls_client_auth_san_dns: 'reports.example',
        tls_client_certificate_bound_access_tokens: true,
    }, {
        ...machine,
        client_id: 'loose',
        client_secret: 'loose-secret',
    }],
    clientAuthMethods: ['client_secret_basic', 'tls_client_auth', 'self_signed_tls_client_auth'],
    cookies: { keys: ['no browser comes here'] },
    features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        mTLS: {
            enabled: true,
            certificateBoundAccessTokens: true,
            selfSignedTlsClientAuth: true,
            tlsClientAuth: true,
            getCertificate: ({ socket }) => socket.getPeerX509Certificate(),
            certificateAuthorized: ({ socket }) => socket.authorized,
            certificateSubjectMatches: ({ socket }, property, expected) =>
                property === 'tls_client_auth_san_dns' &&
                socket.getPeerX509Certificate().subjectAltName === `DNS:${expected}`,
        },
        resourceIndicators: jwtsFor(audience),
    },
});
provider.on('server_error', (ctx, error) => console.error(error));
answer = provider.callback();

tellPort(folder, port);
