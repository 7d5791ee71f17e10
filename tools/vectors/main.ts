// `npm run vectors`: writes the test vectors of docs/tokens.md.
import { writeFileSync } from 'node:fs';
import { vectorFiles } from './files.ts';
import { VECTORS } from './test-key.ts';

for (const [name, content] of vectorFiles()) writeFileSync(`${VECTORS}${name}`, content);
