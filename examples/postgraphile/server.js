// PostGraphile with guards on its tables and columns: `node server.js postgres://…`.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { conformanceSuite } from 'stepgate/step-up/conformance';
import { stepUpGrafserv } from 'stepgate/step-up/grafast';
import { GuardTagsPlugin } from './guard-tags.js';

// In your server, verify a token instead: `await tokens.present(node.req.headers.authorization)`.
const { present } = conformanceSuite();
const authContext = ({ presented }) => presented;

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [GuardTagsPlugin, stepUpGrafserv({ authContext })],
  pgServices: [makePgService({ connectionString: process.argv[2], schemas: ['bank'] })],
  grafast: { context: async ({ node }) => ({ presented: present(node.req.headers['x-caller']) }) },
  grafserv: { watch: false },
};
const pgl = postgraphile(preset);

await pgl.getSchema(); // throws if a guard cannot be enforced
const server = createServer();
await pgl.createServ(grafserv).addTo(server);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
console.log(`http://127.0.0.1:${server.address().port}/graphql`);
