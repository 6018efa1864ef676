// Clients and the application of t/interop/connections:
//   connections.mjs keys FOLDER               makes keys.jwks
//   connections.mjs token FOLDER SECONDS SID  prints a token that expires so soon
//   connections.mjs serve FOLDER              the application; writes its ports, the second is of gRPC
//   connections.mjs clients FOLDER PORT PORT2 LEEWAY
//                                             judges what WebSockets and fetch() see, and gRPC (HTTP/2) at PORT2

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { decodeJwt, SignJWT } from 'jose';
import WebSocket, { WebSocketServer } from 'ws';

const [command, folder, ...rest] = process.argv.slice(2);
const keys = `${folder}/keys.jwks`;

function token(seconds, sid, sub = 'alice') {
    const [key] = JSON.parse(readFileSync(keys, 'utf8')).keys;
    return new SignJWT({ sub, sid })
        .setProtectedHeader({ alg: 'HS256', kid: key.kid })
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + Number(seconds))
        .sign(Buffer.from(key.k, 'base64url'));
}

// A service of gRPC whose messages are JSON: it sends numbers.
const json = { serialize: (value) => Buffer.from(JSON.stringify(value)), deserialize: (bytes) => JSON.parse(bytes) };
const numbers = {
    watch: {
        path: '/interop.Numbers/Watch', requestStream: false, responseStream: true,
        requestSerialize: json.serialize, requestDeserialize: json.deserialize,
        responseSerialize: json.serialize, responseDeserialize: json.deserialize,
    },
};

// --- the application ---------------------------------------------------------------------------

function watch(call) {
    let number = 0;
    const timer = setInterval(() => call.write(++number), 200);
    call.on('cancelled', () => clearInterval(timer));
}

function serveNumbers() {
    const server = new grpc.Server();
    server.addService(numbers, { watch });
    return new Promise((resolve, reject) => {
        server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(),
            (error, port) => (error ? reject(error) : resolve(port)));
    });
}

async function serve() {
    const grpcPort = await serveNumbers();
    const server = createServer((request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        let number = 0;
        const timer = setInterval(() => response.write(`data: ${++number}\n\n`), 200);
        response.on('close', () => clearInterval(timer));
    });
    const sockets = new WebSocketServer({ server, handleProtocols: () => false });
    sockets.on('connection', (socket) => socket.on('message', (text) => socket.send(`echo ${text}`)));
    server.listen(0, '127.0.0.1', () => {
        writeFileSync(`${folder}/port.new`, `${server.address().port} ${grpcPort}\n`);
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

const revokedSessions = [];
function revoke(sid) {
    revokedSessions.push({ sid });
    writeFileSync(`${folder}/new.json`, JSON.stringify(revokedSessions));
    renameSync(`${folder}/new.json`, `${folder}/revoked.json`);
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
    revoke('revoked');
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

function startStream(client, credential) {
    const metadata = new grpc.Metadata();
    metadata.set('authorization', `Bearer ${credential}`);
    const stream = client.watch({}, metadata);
    stream.on('data', (number) => { stream.latest = number; });
    stream.ended = new Promise((resolve) => {
        stream.on('error', (error) => resolve(error.code));
        stream.on('end', () => resolve('end'));
    });
    return stream;
}

async function goesOn(stream) {
    const next = new Promise((resolve) => stream.once('data', () => resolve(true)));
    return Promise.race([next, stream.ended.then(() => false), sleep(10_000, false)]);
}

// Streams of several users, over one connection.
async function streams(port, leeway) {
    const broken = [grpc.status.CANCELLED, grpc.status.INTERNAL, grpc.status.UNAVAILABLE];
    const isBroken = (code) => broken.includes(code);
    const name = (code) => grpc.status[code] ?? code;
    const client = new (grpc.makeGenericClientConstructor(numbers, 'Numbers'))(`127.0.0.1:${port}`,
        grpc.credentials.createInsecure());
    const kept = startStream(client, await token(3600, 'kept', 'bob'));
    const revoked = startStream(client, await token(3600, 'revoked-stream', 'carol'));
    const short = await token(4, 'short');
    const expires = startStream(client, short);
    check('streams of gRPC carry messages', (await goesOn(kept)) && (await goesOn(revoked)) && (await goesOn(expires)));
    const { exp } = decodeJwt(short);
    const code = await endOf(expires);
    check(`one ends with its token: ${name(code)}`, isBroken(code));
    check('not before the leeway has passed', Date.now() / 1000 > exp + leeway - 0.5);
    const again = await endOf(startStream(client, short));
    check(`and cannot start again: ${name(again)}`, again === grpc.status.UNAUTHENTICATED);
    check('the others go on', (await goesOn(kept)) && (await goesOn(revoked)));
    revoke('revoked-stream');
    const second = await endOf(revoked);
    check(`another one ends when its session is revoked: ${name(second)}`, isBroken(second));
    check('that of another user goes on', await goesOn(kept));
    client.close();
}

if (command === 'keys') {
    writeFileSync(keys, JSON.stringify({ keys: [{ kty: 'oct', kid: 'k1', alg: 'HS256', k: randomBytes(32).toString('base64url') }] }));
} else if (command === 'token') {
    console.log(await token(...rest));
} else if (command === 'serve') {
    await serve();
} else {
    await websockets(rest[0]);
    await events(rest[0]);
    await streams(rest[1], Number(rest[2]));
    check('at the end', true);
    process.exit(0);
}
