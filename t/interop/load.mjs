// Sends tokens of the identity provider to nginx while the provider's keys rotate, and judges every
// answer. A good token must be admitted as the tenant it was made for; a forged one is a 401.
//
//   node load.mjs URL FOLDER [ROTATIONS]
//
// URL is nginx; FOLDER/control is the provider's control socket (provider.mjs). The environment
// says what nginx is set up with: KEY_CACHE (seconds), SOURCES (key sources times workers).
// Prints one line for each kind of request and each check; exits 1 if a check failed.

import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPublicKey } from 'node:crypto';
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair, importJWK } from 'jose';

const [url, folder, rotations = '2'] = process.argv.slice(2);
const keyCache = Number(process.env.KEY_CACHE ?? 2) * 1000;
const sources = Number(process.env.SOURCES ?? 1);
const slack = 1500;     // beyond key_cache: for the fetch itself, and a machine that is busy
const lanes = 6;

setTimeout(() => { console.log('FAIL the load ended in time'); process.exit(1); }, 180_000).unref();

// --- requests ------------------------------------------------------------------------------------

const agent = new Agent({ keepAlive: true, maxSockets: 2 * lanes });

function ask(where, options = {}, body = undefined) {
    return new Promise((resolve, reject) => {
        const sent = request(where, { agent, timeout: 20_000, ...options }, (response) => {
            let text = '';
            response.setEncoding('utf8');
            response.on('data', (part) => { text += part; });
            response.on('error', reject);
            response.on('end', () => resolve({
                status: response.statusCode,
                challenge: response.headers['www-authenticate'] ?? '',
                text,
            }));
        });
        sent.on('timeout', () => sent.destroy(new Error('no answer in 20 s')));
        sent.on('error', reject);
        sent.end(body);
    });
}

async function control(step) {
    const { status, text } = await ask(`http://provider/${step}`,
        { agent: false, socketPath: `${folder}/control`, method: step ? 'POST' : 'GET' });
    if (status !== 200) {
        throw new Error(`the provider's control socket says ${status}`);
    }
    return JSON.parse(text);
}

// --- keys ----------------------------------------------------------------------------------------

// All keys that ever were. `state` is what may be demanded of nginx:
//   announced  just published: nginx may not know it yet, nothing is sent
//   good       tokens must be admitted
//   leaving    just removed, or about to be: nginx may still know it, nothing is sent
//   gone       tokens must be refused
const keys = new Map();
let provider;

async function learn(state, step = '') {
    provider = await control(step);
    for (const jwk of provider.keys) {
        if (!keys.has(jwk.kid)) {
            const privateKey = await importJWK(jwk, 'RS256');
            keys.set(jwk.kid, { kid: jwk.kid, jwk, privateKey, state });
        }
    }
}

const now = () => Math.floor(Date.now() / 1000);
const inState = (state) => [...keys.values()].filter((key) => key.state === state);
const pick = (list) => list[Math.floor(Math.random() * list.length)];

// --- tokens --------------------------------------------------------------------------------------

const issued = new Map();       // client -> {token, until}
let obtained = 0;

async function issue(client) {
    const known = issued.get(client.id);
    if (known && Date.now() < known.until && Math.random() < 0.8) {
        return known.token;
    }
    const form = new URLSearchParams({
        grant_type: 'client_credentials', resource: provider.audience,
        client_id: client.id, client_secret: client.secret,
    });
    const { status, text } = await ask(`${provider.issuer}/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    }, form.toString());
    if (status !== 200) {
        throw new Error(`the provider's token endpoint says ${status}: ${text}`);
    }
    obtained++;
    const token = JSON.parse(text).access_token;
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    issued.set(client.id, { token, until: exp * 1000 - 1000 });
    return token;
}

function claims(client, other = {}) {
    return {
        iss: provider.issuer, aud: provider.audience, sub: client.id, iat: now(), exp: now() + 600,
        tenant_id: client.tenant, roles: client.roles, ...other,
    };
}

function mint(key, payload, header = {}) {
    return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header })
        .sign(key.privateKey);
}

const stranger = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
const strangerJwk = await exportJWK(stranger.publicKey);

// What a forger may take for the secret of an HMAC: everything here is public.
function publicTexts({ jwk: { kty, n, e, kid, alg, use } }) {
    const key = createPublicKey({ key: { kty, n, e }, format: 'jwk' });
    const pem = key.export({ type: 'spki', format: 'pem' });
    return [
        pem, pem.trimEnd(), key.export({ type: 'pkcs1', format: 'pem' }),
        key.export({ type: 'spki', format: 'der' }), n, Buffer.from(n, 'base64url'),
        JSON.stringify({ kty, use, kid, alg, e, n }),
    ].map((text) => Buffer.from(text));
}

async function withAnotherAlgorithm(key, payload, alg) {
    return new SignJWT(payload).setProtectedHeader({ alg, kid: key.kid })
        .sign(await importJWK({ ...key.jwk, alg }, alg));
}

async function tamper(client, other) {
    const parts = (await issue(client)).split('.');
    const payload = JSON.parse(Buffer.from(parts[1], 'base64url'));
    const changed = { ...payload, tenant_id: other.tenant, roles: other.roles };
    parts[1] = Buffer.from(JSON.stringify(changed)).toString('base64url');
    return parts.join('.');
}

function unsecured(payload, header) {
    const parts = new UnsecuredJWT(payload).encode().split('.');
    parts[0] = Buffer.from(JSON.stringify(header)).toString('base64url');
    return parts.join('.');
}

// --- kinds of requests ---------------------------------------------------------------------------

// {weight, make, status = 401, method = GET, path = anywhere, possible}: the functions get {client,
// other, key}, where `key` is one whose tokens must be admitted.
const anywhere = (about) => pick(['/orders', own(about)]);
const own = ({ client }) => `/tenants/${client.tenant}/orders`;
const foreign = ({ other }) => `/tenants/${other.tenant}/orders`;
const byStranger = (kid) => ({ kid, privateKey: stranger.privateKey });

const kinds = {
    'issued by the provider': {
        weight: 30, status: 200,
        make: ({ client }) => issue(client),
    },
    'made by jose with the signing key': {
        weight: 10, status: 200,
        make: ({ client }) => mint(keys.get(provider.signing), claims(client)),
    },
    'made by jose with any published key': {
        weight: 10, status: 200,
        make: ({ client, key }) => mint(key, claims(client)),
    },
    'made by jose without a kid': {
        weight: 3, status: 200,
        make: ({ client, key }) => mint(key, claims(client), { kid: undefined }),
    },
    'write, as far as the roles go': {
        weight: 5, method: 'POST',
        status: ({ client }) => (client.roles.includes('editor') ? 200 : 403),
        make: ({ client }) => issue(client),
    },
    'another tenant\'s path': {
        weight: 5, status: 403, path: foreign,
        make: ({ client }) => issue(client),
    },
    'no token': {
        weight: 1,
        make: () => undefined,
    },
    'issued, then its tenant changed': {
        weight: 3,
        make: ({ client, other }) => tamper(client, other),
    },
    'wrong key, same kid': {
        weight: 4,
        make: ({ client, key }) => mint(byStranger(key.kid), claims(client)),
    },
    'wrong key, no kid': {
        weight: 2,
        make: ({ client }) => mint(byStranger(undefined), claims(client)),
    },
    'wrong key, brought in the header': {
        weight: 2,
        make: ({ client, key }) => mint(byStranger(key.kid), claims(client), { jwk: strangerJwk }),
    },
    'wrong key, unknown kid': {
        weight: 2,
        make: ({ client }) => mint(byStranger(`key-${pick([0, 99, 1e6])}`), claims(client)),
    },
    'alg none': {
        weight: 3,
        make: ({ client, key: { kid } }) => unsecured(claims(client),
            pick([{ alg: 'none' }, { alg: 'none', kid }, { alg: 'None', kid }, { kid }])),
    },
    'HS256 with the public key': {
        weight: 4,
        make: ({ client, key }) => new SignJWT(claims(client))
            .setProtectedHeader({ alg: 'HS256', kid: key.kid })
            .sign(pick(publicTexts(key))),
    },
    'right key, another algorithm': {
        weight: 3,
        make: ({ client, key }) => withAnotherAlgorithm(key, claims(client),
            pick(['PS256', 'RS384', 'RS512'])),
    },
    'expired': {
        weight: 2,
        make: ({ client, key }) => mint(key, claims(client, { exp: now() - 60 })),
    },
    'another audience': {
        weight: 2,
        make: ({ client, key }) => mint(key, claims(client, { aud: 'https://mail.example' })),
    },
    'another issuer': {
        weight: 2,
        make: ({ client, key }) => mint(key, claims(client, { iss: 'https://id.example' })),
    },
    'a tenant that nobody knows': {
        weight: 1, path: own,
        make: ({ client, key }) => mint(key, claims(client, { tenant_id: 'initech' })),
    },
    'no tenant, and two have this issuer': {
        weight: 1, path: own,
        make: ({ client, key }) => mint(key, claims(client, { tenant_id: undefined })),
    },
    'a key that was removed': {
        weight: 4, possible: () => inState('gone').length > 0,
        make: ({ client }) => mint(pick(inState('gone')), claims(client),
            pick([{}, { kid: undefined }])),
    },
};

// --- judging -------------------------------------------------------------------------------------

const counts = new Map(Object.keys(kinds).map((name) =>
    [name, { requests: 0, wrong: 0, statuses: {} }]));
const total = { requests: 0, admitted: 0, refused: 0, wrong: 0 };
const admittedBy = new Map();   // kid -> how many tokens of it were admitted

function kidOf(token) {
    return JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid;
}

function isRight(answer, status, client) {
    if (answer.status !== status) {
        return false;
    }
    if (status === 200) {
        const { tenant, user, roles } = JSON.parse(answer.text);
        return tenant === client.tenant && user === client.id && roles === client.roles.join(',');
    }
    return answer.challenge.startsWith('Bearer ');
}

function record(name, token, answer, right) {
    const count = counts.get(name);
    count.requests++;
    count.statuses[answer.status] = (count.statuses[answer.status] ?? 0) + 1;
    total.requests++;
    if (answer.status === 200) {
        total.admitted++;
        const kid = kidOf(token);
        admittedBy.set(kid, (admittedBy.get(kid) ?? 0) + 1);
    } else {
        total.refused++;
    }
    if (!right) {
        count.wrong++;
        if (++total.wrong <= 20) {
            const states = [...keys.values()].map(({ kid, state }) => `${kid} ${state}`).join(', ');
            console.log(`WRONG ${name}: ${JSON.stringify(answer)}; ${states}; token ${token}`);
        }
    }
}

async function send(name) {
    const kind = kinds[name];
    const client = pick(provider.clients);
    const other = provider.clients.find((one) => one !== client);
    const about = { client, other, key: pick(inState('good')) };
    const token = await kind.make(about);
    const expected = typeof kind.status === 'function' ? kind.status(about) : kind.status ?? 401;
    let answer;
    try {
        answer = await ask(url + (kind.path ?? anywhere)(about), {
            method: kind.method ?? 'GET',
            headers: token ? { Authorization: `Bearer ${token}` } : {},
        });
    } catch (error) {
        answer = { status: 0, challenge: '', text: String(error) };
    }
    record(name, token, answer, isRight(answer, expected, client));
}

// --- the load and the rotations -----------------------------------------------------------------

const wheel = Object.entries(kinds).flatMap(([name, { weight }]) => Array(weight).fill(name));
let running = true;

async function lane() {
    while (running) {
        const name = pick(wheel);
        if (kinds[name].possible?.() ?? true) {
            await send(name);
        }
        await sleep(5 + 10 * Math.random());
    }
}

// The order of the cookbook: publish, wait until every nginx knows the key, sign with it, wait
// until the old tokens have expired, remove the old keys.
async function rotate() {
    await learn('announced', 'publish');
    await sleep(keyCache + slack);
    const newest = inState('announced')[0];
    newest.state = 'good';
    await sleep(500);
    await learn('good', 'sign');
    await sleep(provider.lifetime * 1000 + 200);
    const old = inState('good').filter((key) => key !== newest);
    for (const key of old) { key.state = 'leaving'; }
    await sleep(200);       // for requests that are on their way
    await learn('good', 'remove');
    await sleep(keyCache + slack);
    for (const key of old) { key.state = 'gone'; }
    await sleep(1000);
}

// Not the cookbook's order: a key that signs as soon as it is published. nginx has the set without
// it, meets a kid that it does not know, and asks at once instead of refusing.
async function hurry() {
    const one = () => send('issued by the provider');
    const many = () => Promise.all(Array.from({ length: 24 }, one));
    await many();
    await learn('good', 'publish');
    await learn('good', 'sign');
    issued.clear();
    await many();
    return admittedBy.get(provider.signing) === 24 && total.wrong === 0;
}

let failed = 0;
function check(name, good) {
    console.log(`${good ? 'ok  ' : 'FAIL'} ${name}`);
    failed += good ? 0 : 1;
}

await learn('good');
const begin = Date.now();
const hurried = await hurry();
const load = Array.from({ length: lanes }, lane);
const work = (async () => {
    await sleep(1000);
    for (let i = 0; i < Number(rotations); i++) {
        await rotate();
    }
})();
// A lane ends early only by an error: then nothing is worth waiting for.
await Promise.race([work, Promise.all(load)]);
running = false;
await Promise.all(load);
await learn('good');
const seconds = (Date.now() - begin) / 1000;

for (const [name, { requests, wrong, statuses }] of counts) {
    const answers = Object.entries(statuses).map(([status, n]) => `${status}: ${n}`).join(', ');
    console.log(`${String(requests).padStart(6)}  ${name.padEnd(38)}${answers}`
        + (wrong ? `, WRONG: ${wrong}` : ''));
}
console.log(`# in ${seconds.toFixed(1)} s: ${total.requests} requests, ${total.admitted} admitted, `
    + `${total.refused} refused, ${total.wrong} wrong; ${obtained} tokens from the provider, `
    + `${keys.size} keys, ${provider.fetches} upstream fetches`);

check('no answer was wrong', total.wrong === 0);
check('every kind of request was sent', [...counts.values()].every(({ requests }) => requests > 0));
check(`the keys rotated ${rotations} times`, keys.size === Number(rotations) + 2
    && inState('gone').length === keys.size - 1);
check('tokens of every key were admitted',
    [...keys.keys()].every((kid) => admittedBy.get(kid) > 0));
check('a key that signs as soon as it is published is fetched early', hurried);
check('the keys were fetched again and again',
    provider.fetches * keyCache / 1000 >= seconds / 2);
check('but not more often than once a second and source',
    provider.fetches <= sources * (seconds + 2));
process.exit(failed ? 1 : 0);
