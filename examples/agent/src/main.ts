// Starts the agent's MCP server on standard input and output, as MCP clients do.
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createAgent } from './server.js';

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    console.error(`Set ${name}.`);
    process.exit(2);
  }
  return value;
}

await createAgent({
  stepgate: setting('STEPGATE_API'),
  customers: setting('CUSTOMERS_API'),
  token: setting('AGENT_TOKEN'),
}).connect(new StdioServerTransport());

// The application has gone, and with it whoever wanted to know about a payment.
process.stdin.once('end', () => process.exit(0));
