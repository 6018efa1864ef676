// The servers of t/interop/mcp, on loopback ports: a server of the Model Context Protocol, and an
// authorization server (npm's oidc-provider) at which the user alice agrees to everything.
//
//   node mcp-servers.mjs FOLDER ORIGIN
//
// ORIGIN is that of nginx, in front of the resources ORIGIN/mcp and ORIGIN/other. Writes FOLDER/ports
// when both servers answer: that of the provider, and that of the server.

import { renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { exportJWK, generateKeyPair } from 'jose';
import Provider, { errors } from 'oidc-provider';

const [folder, origin] = process.argv.slice(2);
const resources = [`${origin}/mcp`, `${origin}/other`];

function listen(answer) {
    return new Promise((resolve, reject) => {
        const server = createServer(answer);
        server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server.address().port));
    });
}

// --- the server of the protocol ------------------------------------------------------------------

// One tool. It returns what the server knows about its caller.
function tools() {
    const server = new McpServer({ name: 'orders', version: '1.0.0' });
    server.registerTool('whoami', { description: 'who calls' }, ({ requestInfo: { headers } }) => ({
        content: [{
            type: 'text',
            text: JSON.stringify({
                user: headers['x-user'],
                scopes: headers['x-scopes'],
                authorization: headers.authorization,
            }),
        }],
    }));
    return server;
}

// The server keeps no sessions.
const application = await listen(async (request, response) => {
    if (request.method !== 'POST') {
        response.writeHead(405).end();
        return;
    }
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    const server = tools();
    response.on('close', () => { transport.close(); server.close(); });
    await server.connect(transport);
    await transport.handleRequest(request, response);
});

// --- the authorization server --------------------------------------------------------------------

async function signingKey() {
    const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
    return { ...await exportJWK(privateKey), kid: 'key-1', alg: 'RS256', use: 'sig' };
}

// The user logs in, and agrees to all that the client asks for.
async function interact(provider, request, response) {
    const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
    if (prompt.name === 'login') {
        await provider.interactionFinished(request, response, { login: { accountId: 'alice' } });
        return;
    }
    const grant = (grantId && await provider.Grant.find(grantId))
        || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
        grant.addResourceScope(resource, scopes.join(' '));
    }
    const consent = { grantId: await grant.save() };
    await provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
}

let provider;
const providerPort = await listen((request, response) => {
    if (request.url.startsWith('/interaction/')) {
        interact(provider, request, response).catch((error) => {
            console.error(error);
            response.writeHead(500).end();
        });
    } else {
        provider.callback()(request, response);
    }
});

provider = new Provider(`http://127.0.0.1:${providerPort}`, {
    jwks: { keys: [await signingKey()] },
    clients: [{
        client_id: 'agent',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: ['http://127.0.0.1/callback'],
    }],
    cookies: { keys: ['no browser comes here'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    ttl: { AccessToken: 600, Grant: 600, Interaction: 600, Session: 600 },
    features: {
        devInteractions: { enabled: false },
        resourceIndicators: {
            enabled: true,
            getResourceServerInfo: (ctx, resource) => {
                if (!resources.includes(resource)) {
                    throw new errors.InvalidTarget();
                }
                return {
                    scope: 'orders.read orders.write',
                    audience: resource,
                    accessTokenFormat: 'jwt',
                    jwt: { sign: { alg: 'RS256' } },
                };
            },
        },
    },
});
provider.on('server_error', (ctx, error) => console.error(error));

writeFileSync(`${folder}/ports.new`, `${providerPort} ${application}\n`);
renameSync(`${folder}/ports.new`, `${folder}/ports`);

for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => process.exit(0));
}
