// The MCP server: the tools that a model sees.
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { type Answer, problemOf, run, type Settings } from './customers.js';
import { Payments, type State } from './payments.js';

/** How long a call waits for the user. MCP clients give up after a minute by default. */
const PATIENCE_MILLISECONDS = 20_000;

export function createAgent(settings: Settings, patience = PATIENCE_MILLISECONDS): McpServer {
  const server = new McpServer({ name: 'customers', version: '1.0.0' });
  const payments = new Payments(settings);

  server.registerTool(
    'list_customers',
    { description: 'Lists all customers with their ids.', annotations: { readOnlyHint: true } },
    async () => said(await run(settings, '{ customers { id name city } }')),
  );

  server.registerTool(
    'read_customer',
    {
      description: 'Reads one customer.',
      inputSchema: { id: z.string() },
      annotations: { readOnlyHint: true },
    },
    async ({ id }) =>
      said(await run(settings, 'query ($id: ID!) { customer(id: $id) { id name city } }', { id })),
  );

  server.registerTool(
    'read_contract',
    {
      description: 'Reads the contract of a customer. Agents may not do this, so expect a refusal.',
      inputSchema: { id: z.string() },
      annotations: { readOnlyHint: true },
    },
    async ({ id }) =>
      said(await run(settings, 'query ($id: ID!) { customer(id: $id) { contract { iban } } }', { id })),
  );

  server.registerTool(
    'pay',
    {
      description:
        'Pays an amount in cents to a customer. The user must approve each payment on a device of their own. Returns a request: tell the user to approve it, then call `payment_result`. Never ask the user for a code or a password.',
      inputSchema: { customerId: z.string(), amount: z.number().int().positive() },
      annotations: { destructiveHint: true },
    },
    async ({ customerId, amount }) => {
      const request = await payments.start(customerId, amount);
      return told(await payments.state(request, 0), request);
    },
  );

  server.registerTool(
    'payment_result',
    {
      description:
        'Waits a little for the answer of the user to a payment. Call it again while it is waiting.',
      inputSchema: { request: z.string() },
      annotations: { readOnlyHint: true },
    },
    async ({ request }) => told(await payments.state(request, patience), request),
  );

  return server;
}

function said(answer: Answer): CallToolResult {
  const problem = problemOf(answer);
  return problem === null ? text(JSON.stringify(answer.data)) : failed(problem);
}

function told(state: State | null, request: string): CallToolResult {
  switch (state?.state) {
    case undefined:
      return failed('There is no such payment.');
    case 'STARTING':
    case 'WAITING': {
      const approves = state.state === 'WAITING' ? state.approves : 'a payment';
      return text(
        `Waiting for approval: ${approves}. The user approves it on a device of their own. Request: ${request}`,
      );
    }
    case 'PAID':
      return text(`Paid. Payment: ${state.paymentId}`);
    case 'REJECTED':
      return failed('The user rejected the payment. Do not ask for it again.');
    case 'EXPIRED':
      return failed('The user did not answer in time. Nothing was paid.');
    case 'FAILED':
      return failed(state.problem);
  }
}

function text(words: string): CallToolResult {
  return { content: [{ type: 'text', text: words }] };
}

function failed(words: string): CallToolResult {
  return { ...text(words), isError: true };
}
