// The client of npm's @modelcontextprotocol/sdk. It only knows the URLs of the resources, and discovers
// the rest.
//
//   node mcp.mjs ORIGIN
//
// Prints one line for each check; exits 1 if one failed.

import {
    auth, discoverOAuthProtectedResourceMetadata, UnauthorizedError,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [origin] = process.argv.slice(2);
const callback = 'http://127.0.0.1/callback';
const known = `${origin}/.well-known/oauth-protected-resource`;

setTimeout(() => { console.log('FAIL the test ended in time'); process.exit(1); }, 60_000).unref();

let failed = 0;
function check(name, good, ...about) {
    console.log(good ? `ok   ${name}` : `FAIL ${name}`, ...(good ? [] : about));
    failed += good ? 0 : 1;
}
const equal = (name, got, wanted) => check(name, got === wanted, got, 'instead of', wanted);

// All requests of the client, as "METHOD URL STATUS".
const log = [];
async function recorded(url, options = {}) {
    const response = await fetch(url, options);
    log.push(`${options.method ?? 'GET'} ${url} ${response.status}`);
    return response;
}

// The part of a client that each application provides: it keeps the tokens, and opens the page of
// the authorization server.
class Application {
    redirectUrl = callback;
    clientMetadata = { redirect_uris: [callback], token_endpoint_auth_method: 'none' };
    pages = [];
    clientInformation() { return { client_id: 'agent' }; }
    tokens() { return this.saved; }
    saveTokens(tokens) { this.saved = tokens; }
    saveCodeVerifier(verifier) { this.verifier = verifier; }
    codeVerifier() { return this.verifier; }
    redirectToAuthorization(url) { this.pages.push(url); }
}

// Follows redirects like a browser, up to the one to the application. Returns the code.
async function browse(page) {
    const cookies = new Map();
    for (let url = page, hops = 0; hops < 20; ++hops) {
        const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
        const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
        for (const line of response.headers.getSetCookie()) {
            const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
            cookies.set(name, value);
        }
        const location = response.headers.get('location');
        if (!location) {
            throw new Error(`${url}: ${response.status} ${await response.text()}`);
        }
        url = new URL(location, url);
        if (url.href.startsWith(callback)) {
            return url.searchParams.get('code') ?? Promise.reject(new Error(url.href));
        }
    }
    throw new Error('too many redirects');
}

// Connects to a server, with the user's help if the client needs it.
async function connect(url, application) {
    const options = { authProvider: application, fetch: recorded };
    for (let attempt = 1; ; ++attempt) {
        const client = new Client({ name: 'agent', version: '1.0.0' });
        const transport = new StreamableHTTPClientTransport(new URL(url), options);
        try {
            await client.connect(transport);
            return client;
        } catch (error) {
            if (!(error instanceof UnauthorizedError) || attempt === 2) {
                throw error;
            }
            await transport.finishAuth(await browse(application.pages.at(-1)));
        }
    }
}

async function whoami(client) {
    const { content } = await client.callTool({ name: 'whoami', arguments: {} });
    return JSON.parse(content[0].text);
}

const asked = (application) => Object.fromEntries(application.pages.at(-1).searchParams);

async function discovers_from_the_401(application) {
    const client = await connect(`${origin}/mcp`, application);
    equal('the first request is refused', log[0], `POST ${origin}/mcp 401`);
    equal('the client fetches the metadata that the 401 names', log[1], `GET ${known}/mcp 200`);
    equal('one login is enough', application.pages.length, 1);
    equal('it asks for the scope that the 401 names', asked(application).scope, 'orders.read');
    equal('and for a token of this resource', asked(application).resource, `${origin}/mcp`);
    const { tools } = await client.listTools();
    equal('it lists the tools', tools.map(({ name }) => name).join(), 'whoami');
    const { user, scopes, authorization } = await whoami(client);
    equal('it calls a tool, as the user', user, 'alice');
    equal('with the scope', scopes, 'orders.read');
    equal('the token does not reach the server', authorization, undefined);
    await client.close();
}

const metadata_of = (path) =>
    discoverOAuthProtectedResourceMetadata(`${origin}${path}`, undefined, recorded);

async function discovers_by_the_path() {
    log.length = 0;
    const metadata = await metadata_of('/mcp');
    equal('without a 401, it tries the path form first', log.join(), `GET ${known}/mcp 200`);
    equal('the resource', metadata.resource, `${origin}/mcp`);
    equal('the scopes', metadata.scopes_supported?.join(), 'orders.read');
    equal('how tokens are sent', metadata.bearer_methods_supported?.join(), 'header');
    equal('the name', metadata.resource_name, 'Orders');
    equal('a slash at the end', (await metadata_of('/mcp/')).resource, `${origin}/mcp`);
    const application = new Application();
    const outcome = await auth(application, { serverUrl: `${origin}/mcp`, fetchFn: recorded });
    equal('it gets to the authorization server', outcome, 'REDIRECT');
    equal('and asks for the scopes of the metadata', asked(application).scope, 'orders.read');
    await metadata_of('/nowhere').then(
        () => check('no metadata elsewhere', false),
        (error) => check('no metadata elsewhere', /does not implement/.test(error.message), error));
}

async function steps_up(application) {
    log.length = 0;
    const client = await connect(`${origin}/mcp/write`, application);
    equal('a scope is missing', log[0], `POST ${origin}/mcp/write 403`);
    equal('the client asks for more', asked(application).scope, 'orders.read orders.write');
    equal('of the same resource', asked(application).resource, `${origin}/mcp`);
    equal('with one more login', application.pages.length, 2);
    equal('it calls the tool', (await whoami(client)).scopes, 'orders.read orders.write');
    await client.close();
    const reader = await connect(`${origin}/mcp`, application);
    equal('the new token serves both', (await whoami(reader)).user, 'alice');
    await reader.close();
}

async function keeps_resources_apart(application) {
    log.length = 0;
    const client = await connect(`${origin}/other`, application);
    equal('a token for another resource is refused', log[0], `POST ${origin}/other 401`);
    equal('the client asks for one of this', asked(application).resource, `${origin}/other`);
    equal('it calls the tool there', (await whoami(client)).user, 'alice');
    await client.close();
    const headers = { authorization: `Bearer ${application.saved.access_token}` };
    const { status } = await fetch(`${origin}/mcp`, { method: 'POST', headers });
    equal('that token is refused here', status, 401);
}

try {
    const application = new Application();
    await discovers_from_the_401(application);
    await discovers_by_the_path();
    await steps_up(application);
    await keeps_resources_apart(application);
} catch (error) {
    check('no error', false, error, log.slice(-5));
}
process.exit(failed ? 1 : 0);
