// Logs in at nginx, and has jose verify the tokens with the keys that nginx publishes, before, while
// and after these are exchanged. nginx's own gate judges the same tokens.
//
//   node tokens.mjs FOLDER MASTER ALGORITHM=PORT ...
//
// FOLDER has the keys (ALGORITHM-1.key, ALGORITHM-2.key) and keys-ALGORITHM.conf, which nginx includes;
// MASTER is the process that reads them again. Prints one line for each check; exits 1 if one failed.

import { Agent, request } from 'node:http';
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import {
    SignJWT, createLocalJWKSet, createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify,
} from 'jose';

const [folder, master, ...ports] = process.argv.slice(2);
const ttl = 4;          // auth_token_ttl
const seen = 1000;      // how long a verifier keeps the keys, in milliseconds

setTimeout(() => { console.log('FAIL the test ended in time'); process.exit(1); }, 120_000).unref();

let failed = 0;
function check(name, good, ...about) {
    console.log(good ? `ok   ${name}` : `FAIL ${name}`, ...(good ? [] : about));
    failed += good ? 0 : 1;
}

// --- requests ------------------------------------------------------------------------------------

// Without keepalive: a server that ends may close an idle connection just as a request arrives on
// it, whatever its modules do.
const agent = new Agent({ keepAlive: false });

function ask(server, path, { body, bearer } = {}) {
    const begin = Date.now();
    return new Promise((resolve, reject) => {
        const fail = (error) => {
            error.message += ` at ${path}, ${Date.now() - begin} ms after ${new Date(begin).toISOString()}`;
            reject(error);
        };
        const headers = {
            ...body && { 'Content-Type': 'application/json' },
            ...bearer && { Authorization: `Bearer ${bearer}` },
        };
        const sent = request(`${server.url}${path}`,
            { agent, timeout: 20_000, method: body ? 'POST' : 'GET', headers }, (response) => {
                let text = '';
                response.setEncoding('utf8');
                response.on('data', (part) => { text += part; });
                response.on('error', fail);
                response.on('end', () => resolve({
                    status: response.statusCode, headers: response.headers, text,
                    json: () => JSON.parse(text),
                }));
            });
        sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
        sent.on('error', fail);
        sent.end(body && JSON.stringify(body));
    });
}

async function tokensOf(answer) {
    const { status, text, json } = await answer;
    if (status !== 200) {
        throw new Error(`no tokens: ${status} ${text}`);
    }
    return json();
}
const login = (server) => tokensOf(
    ask(server, '/auth/login', { body: { username: 'alice', password: 'wonderland' } }));
const refresh = (server, token) => tokensOf(
    ask(server, '/auth/refresh', { body: { refresh_token: token } }));
const gate = async (server, bearer) => (await ask(server, '/api/me', { bearer })).status;

// --- verifiers -----------------------------------------------------------------------------------

const audience = 'orders';

function makeServer(argument) {
    const [alg, port] = argument.split('=');
    const url = `http://127.0.0.1:${port}`;
    const where = new URL(`${url}/auth/jwks`);
    return {
        alg, url, where, issuer: `https://${alg}.example`,
        // It asks again when it has kept the keys for so long, and never because it misses one.
        keys: createRemoteJWKSet(where, { agent, cacheMaxAge: seen, cooldownDuration: 3_600_000 }),
    };
}

function verify(server, token, { keys = server.keys, ...other } = {}) {
    return jwtVerify(token, keys, {
        issuer: server.issuer, audience, typ: 'at+jwt', algorithms: [server.alg], ...other,
    });
}

async function refused(code, promise) {
    try {
        await promise;
        return false;
    } catch (error) {
        return error.code === code || console.log(`# ${error.code}: ${error.message}`);
    }
}

const all = ports.map(makeServer);
const servers = all.filter(({ alg }) => alg !== 'HS256');

// --- one token -----------------------------------------------------------------------------------

async function judgeTokens(server, others) {
    const { alg } = server;
    const say = (what) => `${alg}: ${what}`;
    const answer = await login(server);
    const { payload, protectedHeader } = await verify(server, answer.access_token);
    check(say('jose verifies an access token'), true);
    check(say('its header'), protectedHeader.typ === 'at+jwt' && protectedHeader.kid === `${alg}-1`
        && protectedHeader.alg === alg, protectedHeader);
    check(say('its claims'), payload.sub === 'user-1' && payload.tenant_id === 'acme'
        && payload.roles?.join() === 'viewer,editor' && payload.exp - payload.iat === ttl
        && answer.expires_in === ttl && /^[\w-]{22}$/.test(payload.jti) && /^[\w-]{22}$/.test(payload.sid), payload);
    check(say('another audience is refused'), await refused('ERR_JWT_CLAIM_VALIDATION_FAILED',
        verify(server, answer.access_token, { audience: 'others' })));
    check(say('another type is refused'), await refused('ERR_JWT_CLAIM_VALIDATION_FAILED',
        verify(server, answer.access_token, { typ: 'refresh+jwt' })));
    check(say('jose refuses the refresh token'), await refused('ERR_JOSE_NOT_SUPPORTED', // its HS256
        verify(server, answer.refresh_token, { typ: undefined, algorithms: undefined })));
    check(say('which is one, and no access token'),
        decodeProtectedHeader(answer.refresh_token).typ === 'refresh+jwt'
        && decodeJwt(answer.refresh_token).aud === server.issuer);

    const published = await ask(server, '/auth/jwks');
    const { keys } = published.json();
    const allowed = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y'];
    check(say('the set has the public key alone'), keys.length === 1
        && Object.keys(keys[0]).every((name) => allowed.includes(name)), published.text);
    check(say('and says what it is for'), keys[0].alg === alg && keys[0].use === 'sig'
        && published.headers['content-type'] === 'application/jwk-set+json'
        && published.headers['cache-control'].includes('max-age=300'), published.headers);
    await verify(server, answer.access_token, { keys: createLocalJWKSet({ keys }) });
    check(say('a copy of the set does as well'), true);

    check(say('the gate accepts the token'), await gate(server, answer.access_token) === 200);
    check(say('not the refresh token'), await gate(server, answer.refresh_token) === 401);
    for (const other of others) {
        check(say(`nor does that of ${other.alg}`), await gate(other, answer.access_token) === 401);
    }

    const key = createPrivateKey(readFileSync(`${folder}/${alg}-1.key`));
    const make = (typ, aud = [audience], iss = server.issuer) => new SignJWT({ sub: 'user-2' })
        .setProtectedHeader({ alg, kid: `${alg}-1`, typ })
        .setIssuer(iss).setAudience(aud).setExpirationTime('1m').sign(key);
    check(say('the gate accepts what jose signs with the key'), await gate(server, await make('at+jwt')) === 200);
    check(say('not of another type'), await gate(server, await make('JWT')) === 401
        && await gate(server, await make('refresh+jwt')) === 401);
    check(say('not for others'), await gate(server, await make('at+jwt', 'others')) === 401);
    check(say('not of another issuer'), await gate(server, await make('at+jwt', audience, 'https://others.example')) === 401);
}

// --- the exchange of keys ------------------------------------------------------------------------

const kidsOf = async (server) => (await ask(server, '/auth/jwks')).json().keys.map(({ kid }) => kid);

// The keys of this order, in all servers. Returns when the old workers take no more requests.
async function reload(...order) {
    for (const { alg } of servers) {
        writeFileSync(`${folder}/keys-${alg}.conf`,
            order.map((n) => `auth_token_key ${alg}-${n} ${alg} ${alg}-${n}.key;\n`).join(''));
    }
    writeFileSync(`${folder}/keys-refresh.conf`,
        order.map((n) => `auth_token_refresh_key refresh-${n} HS256 refresh-${n}.secret;\n`).join(''));
    process.kill(Number(master), 'SIGHUP');
    for (let again = 0; again < 20;) {
        let good = true;
        for (const server of servers) {
            const kids = await kidsOf(server);
            good &&= kids.join() === order.map((n) => `${server.alg}-${n}`).join();
        }
        again = good ? again + 1 : 0;
        await sleep(20);
    }
}

// Clients log in, rotate, and use their tokens as long as these are good, at both verifiers.
let running = true;
const counts = { logins: 0, refreshes: 0, verified: 0, admitted: 0, faults: [] };
const signedBy = new Map();     // kid -> tokens

async function client(server) {
    let session = await login(server);
    const held = [];
    for (let turn = 0; running; turn++) {
        try {
            if (turn % 7 === 0) {
                session = await login(server);
                counts.logins++;
            } else {
                session = await refresh(server, session.refresh_token);
                counts.refreshes++;
            }
            const { kid } = decodeProtectedHeader(session.access_token);
            signedBy.set(kid, (signedBy.get(kid) ?? 0) + 1);
            held.push(session.access_token);
            while (held.length && decodeJwt(held[0]).exp * 1000 < Date.now() + 1500) {
                held.shift();
            }
            // The oldest, and one of the others.
            for (const token of [held[0], held[Math.floor(Math.random() * held.length)]]) {
                if (token) {
                    await verify(server, token);
                    counts.verified++;
                    const status = await gate(server, token);
                    if (status !== 200) {
                        throw new Error(`the gate says ${status}`);
                    }
                    counts.admitted++;
                }
            }
        } catch (error) {
            counts.faults.push(`${server.alg}: ${error.code ?? ''} ${error.message}`);
            await sleep(200);
            session = await login(server);
        }
        await sleep(50);
    }
}

async function exchange() {
    const idle = await login(servers[0]);       // a session that rests while the keys change
    const load = servers.flatMap((server) => [client(server), client(server)]);
    await sleep(1500);
    await reload(1, 2);
    await sleep(2 * seen);      // until all who verify have seen it
    const before = new Map(signedBy);
    await reload(2, 1);
    await sleep(1000 * (ttl + 1));      // until the last token of the old one has expired
    await reload(2);
    await sleep(2 * seen);
    running = false;
    await Promise.all(load);

    console.log(`# ${counts.logins} logins, ${counts.refreshes} refreshes; ${counts.verified} tokens verified by jose, `
        + `${counts.admitted} admitted by the gate; signed by ${[...signedBy].map((one) => one.join(': ')).join(', ')}`);
    check('every token was good while the keys changed', counts.faults.length === 0,
        [...new Set(counts.faults)].slice(0, 5));
    for (const { alg } of servers) {
        check(`${alg}: the second key signs nothing before it is the first, and then everything`,
            !before.has(`${alg}-2`) && signedBy.get(`${alg}-2`) > 0 && signedBy.get(`${alg}-1`) > 0);
    }

    const body = { refresh_token: idle.refresh_token };
    check('a refresh token of the old key is refused', (await ask(servers[0], '/auth/refresh', { body })).status === 401);
    for (const server of servers) {
        const { alg } = server;
        const old = await new SignJWT({ sub: 'user-1' }).setProtectedHeader({ alg, kid: `${alg}-1`, typ: 'at+jwt' })
            .setIssuer(server.issuer).setAudience(audience).setExpirationTime('1m')
            .sign(createPrivateKey(readFileSync(`${folder}/${alg}-1.key`)));
        check(`${alg}: what the old key signs is refused by jose`,
            await refused('ERR_JWKS_NO_MATCHING_KEY', verify(server, old)));
        check(`${alg}: and by the gate`, await gate(server, old) === 401);
    }
}

for (const server of servers) {
    await judgeTokens(server, servers.filter((other) => other !== server));
}
for (const server of all.filter(({ alg }) => alg === 'HS256')) {
    const { access_token: token } = await login(server);
    check('HS256: nothing is published', (await kidsOf(server)).length === 0);
    const keys = Buffer.from(readFileSync(`${folder}/HS256-1.key`, 'utf8').trimEnd());
    check('HS256: who has the secret can verify', (await verify(server, token, { keys })).payload.sub === 'user-1');
    check('HS256: the gate accepts the token', await gate(server, token) === 200);
}
await exchange();
process.exit(failed ? 1 : 0);
