// What the files in docs/vectors contain.
import { readFileSync } from 'node:fs';
import { authContextFrom } from '../../src/policy/claims.ts';
import { FACTOR_KINDS, FACTOR_TRAITS, SECOND_STEPS } from '../../src/policy/factor-kind.ts';
import { decisionVectors } from './decision-vectors.ts';
import { PUBLIC_JWK, VECTORS } from './test-key.ts';
import { CLOCK_TOLERANCE_SECONDS, ISSUER, type TokenVector, tokenVectors } from './token-vectors.ts';

const WARNING = 'Test data. The private key of these tokens is public. Never trust it in a running server.';

/** Every file that is generated, by name. Signatures that were written before are kept. */
export function vectorFiles(): ReadonlyMap<string, string> {
  const tokens = tokenVectors(writtenBefore());
  return new Map([
    ['jwks.json', printed({ keys: [PUBLIC_JWK] })],
    ['factors.json', `{ "factors": ${lines(FACTOR_KINDS.map(factorOf))} }\n`],
    [
      'tokens.json',
      printed({
        warning: WARNING,
        issuer: ISSUER,
        audience: ISSUER,
        clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
        tokens: tokens.map((one) => ({ ...one, ...(one.fault === null && { means: meaningOf(one) }) })),
      }),
    ],
    ['decisions.json', `{ "decisions": ${lines(decisionVectors(tokens))} }\n`],
  ]);
}

/** The tokens of the committed file. A name that is not in it has none. */
function writtenBefore(): (name: string) => string | undefined {
  let tokens: readonly TokenVector[] = [];
  try {
    ({ tokens } = JSON.parse(readFileSync(`${VECTORS}tokens.json`, 'utf8')) as { tokens: TokenVector[] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return (name) => tokens.find((one) => one.name === name)?.token;
}

/** What a verifier reads from a valid token. */
function meaningOf({ claims, now }: TokenVector) {
  const { evidence, enrolled, roles, agent } = authContextFrom(claims, now + CLOCK_TOLERANCE_SECONDS);
  return {
    evidence: evidence.map(({ factor, categories, completedAt, enrolledAt = null }) => ({
      factor,
      proves: categories,
      completedAt,
      enrolledAt,
    })),
    enrolled,
    roles,
    ...(agent && { agent }),
  };
}

function factorOf(factor: (typeof FACTOR_KINDS)[number]) {
  const { factorId: id, categories: proves, verifies = null } = FACTOR_TRAITS[factor];
  return { factor, id, proves, verifies, accepted: SECOND_STEPS.includes(factor) };
}

function printed(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** One line for each. */
function lines(list: readonly object[]): string {
  return `[\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`;
}
