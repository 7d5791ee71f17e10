// Asks the operator's OCSP responder whether a certificate is revoked (RFC 6960, over HTTP as in its appendix A). Without
// an answer that can be believed, the certificate is refused.
//
// The address in the certificate is never asked (docs/decisions/one-ocsp-responder.md).
import type { X509Certificate } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { ServiceUrl } from '../../config/service-url.ts';
import type { Log } from '../../platform/log.ts';
import { type Outgoing, outgoing } from '../../platform/outgoing.ts';
import { type OcspRequest, ocspRequest } from './ocsp-request.ts';
import { type OcspAnswer, OcspResponseError, readOcspResponse } from './ocsp-response.ts';
import type { Fault } from './path.ts';

const TIMEOUT_SECONDS = 3;
/** An answer is about 500 bytes, and the certificate of a delegate 2 KB. */
const MOST_BYTES = 32_768;
const KEPT_MS = 300_000;
const MOST_KEPT = 10_000;

export class OcspResponder {
  readonly #url: string;
  readonly #send: Outgoing;
  readonly #log: Log;
  /** By the fingerprint of the certificate. */
  readonly #answers = new LRUCache<string, OcspAnswer>({ max: MOST_KEPT });
  readonly #questions = new Map<string, Promise<OcspAnswer>>();

  constructor({ url, ...terms }: ServiceUrl, log: Log) {
    this.#url = url;
    this.#send = outgoing({ ...terms, timeoutSeconds: TIMEOUT_SECONDS, mostBytes: MOST_BYTES });
    this.#log = log;
  }

  /** @param issuer whose key has signed the certificate. */
  async faultOf(certificate: X509Certificate, issuer: X509Certificate, now: Date): Promise<Fault | null> {
    try {
      const { isRevoked } = await this.#answerFor(certificate, issuer, now);
      return isRevoked ? 'REVOKED' : null;
    } catch (error) {
      this.#log.warn({ err: error }, 'the OCSP responder does not vouch for a client certificate');
      return 'REVOCATION_UNKNOWN';
    }
  }

  #answerFor(certificate: X509Certificate, issuer: X509Certificate, now: Date): Promise<OcspAnswer> {
    const { fingerprint256: name } = certificate;
    const kept = this.#answers.get(name);
    if (kept !== undefined && now < kept.until) return Promise.resolve(kept);
    const asked = this.#questions.get(name);
    if (asked !== undefined) return asked;
    const question = this.#ask(certificate, issuer, now).finally(() => this.#questions.delete(name));
    this.#questions.set(name, question);
    return question;
  }

  async #ask(certificate: X509Certificate, issuer: X509Certificate, now: Date): Promise<OcspAnswer> {
    const request = ocspRequest(certificate, issuer);
    const answer = readOcspResponse(await this.#responseTo(request), request, issuer, now);
    const until = new Date(Math.min(answer.until.getTime(), now.getTime() + KEPT_MS));
    this.#answers.set(certificate.fingerprint256, { ...answer, until });
    return answer;
  }

  async #responseTo({ der }: OcspRequest): Promise<Buffer> {
    const response = await this.#send(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
      body: der,
    });
    if (!response.ok) throw new OcspResponseError(`The responder answered with HTTP ${response.status}.`);
    return Buffer.from(await response.arrayBuffer());
  }
}
