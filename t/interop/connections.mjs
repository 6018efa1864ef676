// Clients and the application of t/interop/connections:
//   connections.mjs keys FOLDER               makes keys.jwks
//   connections.mjs token FOLDER SECONDS SID  prints a token that expires so soon
//   connections.mjs serve FOLDER              the application; writes its port
//   connections.mjs clients FOLDER PORT       judges what WebSockets and fetch() see

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import WebSocket, { WebSocketServer } from 'ws';

const [command, folder, ...rest] = process.argv.slice(2);
const keys = `${folder}/keys.jwks`;

function token(seconds, sid) {
    const [key] = JSON.parse(readFileSync(keys, 'utf8')).keys;
    return new SignJWT({ sub: 'alice', sid })
        .setProtectedHeader({ alg: 'HS256', kid: key.kid })
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + Number(seconds))
        .sign(Buffer.from(key.k, 'base64url'));
}

// --- the application ---------------------------------------------------------------------------

function serve() {
    const server = createServer((request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        let number = 0;
        const timer = setInterval(() => response.write(`data: ${++number}\n\n`), 200);
        response.on('close', () => clearInterval(timer));
    });
    const sockets = new WebSocketServer({ server, handleProtocols: () => false });
    sockets.on('connection', (socket) => socket.on('message', (text) => socket.send(`echo ${text}`)));
    server.listen(0, '127.0.0.1', () => {
        writeFileSync(`${folder}/port.new`, String(server.address().port));
        renameSync(`${folder}/port.new`, `${folder}/port`);
    });
}

// --- the clients -------------------------------------------------------------------------------

function check(name, good) {
    console.log(`${good ? 'ok  ' : 'FAIL'} ${name}`);
}

async function connect(port, credential) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { Authorization: `Bearer ${credential}` } });
    socket.ended = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    await new Promise((resolve, reject) => {
        socket.on('open', resolve);
        socket.on('error', reject);
    });
    return socket;
}

async function echoes(socket) {
    const answer = new Promise((resolve) => socket.once('message', (text) => resolve(String(text))));
    socket.send('hello');
    return (await Promise.race([answer, sleep(10_000)])) === 'echo hello';
}

async function endOf(socket) {
    return Promise.race([socket.ended, sleep(60_000, 'none')]);
}

async function websockets(port) {
    const kept = await connect(port, await token(3600, 'kept'));
    const short = await token(4, 'short');
    const expires = await connect(port, short);
    const revoked = await connect(port, await token(3600, 'revoked'));
    check('WebSockets carry messages', (await echoes(expires)) && (await echoes(revoked)) && (await echoes(kept)));
    check('one ends with its token: code 1006', (await endOf(expires)) === 1006);
    const again = await connect(port, short).then(() => 'open', (error) => error.message);
    check(`and cannot connect again: ${again}`, /401/.test(again));
    check('with a new token it can', await echoes(await connect(port, await token(3600, 'short'))));
    writeFileSync(`${folder}/new.json`, '[{"sid": "revoked"}]');
    renameSync(`${folder}/new.json`, `${folder}/revoked.json`);
    check('another one ends when its session is revoked: code 1006', (await endOf(revoked)) === 1006);
    check('others stay open', await echoes(kept));
}

async function events(port) {
    const response = await fetch(`http://127.0.0.1:${port}/events`, { headers: { Authorization: `Bearer ${await token(4, 'fetch')}` } });
    let text = '';
    let error = 'none';
    try {
        for await (const part of response.body) {
            text += Buffer.from(part).toString();
        }
    } catch (thrown) {
        error = thrown.message;
    }
    check('fetch() gets events', /data: 3\n/.test(text));
    check(`and an error at the end: ${error}`, error !== 'none');
}

if (command === 'keys') {
    writeFileSync(keys, JSON.stringify({ keys: [{ kty: 'oct', kid: 'k1', alg: 'HS256', k: randomBytes(32).toString('base64url') }] }));
} else if (command === 'token') {
    console.log(await token(...rest));
} else if (command === 'serve') {
    serve();
} else {
    await websockets(rest[0]);
    await events(rest[0]);
    check('at the end', true);
    process.exit(0);
}
