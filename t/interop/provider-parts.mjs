// What the authorization servers of t/interop/dpop and t/interop/mtls share.

import { renameSync, writeFileSync } from 'node:fs';
import { exportJWK, generateKeyPair } from 'jose';

export async function signingKey() {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    return { ...await exportJWK(privateKey), kid: 'key-1', alg: 'ES256', use: 'sig' };
}

// Access tokens are JWTs for this audience.
export const jwtsFor = (audience) => ({
    enabled: true,
    getResourceServerInfo: () => ({
        scope: '', audience, accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: 'ES256' } },
    }),
});

// Resolves to the loopback port on which the server listens.
export const listen = (server) => new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port));
});

// Writes FOLDER/port, complete once it exists.
export function tellPort(folder, port) {
    writeFileSync(`${folder}/port.new`, `${port}\n`);
    renameSync(`${folder}/port.new`, `${folder}/port`);
}
