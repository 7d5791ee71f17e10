// A link with a token of 256 random bits. Whoever opens it is shown which sign-in it is for and approves it with a
// click, on any device; mail scanners that only fetch it approve nothing. The session goes to the workflow that asked
// and never to the visitor. Where the visitor's program holds the workflow too, the token itself is the proof.
import { digest } from '../../platform/digest.ts';
import { randomToken } from '../../platform/random.ts';
import { UserError } from '../../platform/user-error.ts';
import { consume, openChallenge } from '../challenge.ts';
import {
  type ProofField,
  REJECTED,
  type StoredChallenge,
  type Verdict,
  type VerificationRequest,
} from '../factor.ts';

export const LINK_PROOFS: readonly ProofField[] = [
  {
    name: 'linkToken',
    description:
      'The token of the link, what follows its `#`: for a page of yours that was opened where the workflow is held.',
    maximumLength: 64,
  },
  {
    name: 'linkApproved',
    description:
      '`true`: the link was opened and approved, on this device or another. Ask `workflow` for `challenge.approvedAt` until it is there; before that, this is answered with `LINK_NOT_APPROVED` and counts as no attempt.',
    maximumLength: null,
  },
];

/** Nobody has approved it yet, or it is too late. Nothing was checked. */
export class LinkNotApproved extends UserError {
  readonly code = 'LINK_NOT_APPROVED';
  constructor() {
    super(
      'No link of this workflow was approved yet. Open the newest one and approve it, or ask for a new one.',
    );
  }
}

/** The token stands behind the `#`, which no browser sends to a server and no proxy writes into a log. */
export function newLink(pageUrl: string): { readonly url: string; readonly digest: string } {
  const token = randomToken();
  return { url: `${pageUrl}#${token}`, digest: digest(token) };
}

/** The open challenge that this answers: by its token, or because it was approved. */
export function answeredByLink(token: string, request: VerificationRequest): StoredChallenge | null {
  const challenge = openChallenge(request);
  if (challenge?.approved) return challenge;
  // To say that it was approved, when it was not, is no guess at anything.
  if (token === '') throw new LinkNotApproved();
  return challenge !== null && digest(token) === challenge.codeDigest ? challenge : null;
}

export function verifyLink(token: string, request: VerificationRequest): Verdict {
  const challenge = answeredByLink(token, request);
  return challenge === null ? REJECTED : { accepted: true, consume: consume(challenge, request.now) };
}
