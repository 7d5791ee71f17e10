// The client certificates that this instance accepts. The operator's files are looked at for every certificate, so a new
// revocation list counts without a restart.
import type { X509Certificate } from 'node:crypto';
import type { ServiceUrl } from '../../config/service-url.ts';
import { MalformedDerError } from '../../platform/der.ts';
import { FromFiles } from '../../platform/from-files.ts';
import type { Log } from '../../platform/log.ts';
import { OperatorError } from '../../platform/operator-error.ts';
import type { PresentedCertificate } from '../factor.ts';
import { CertificateRefused } from './errors.ts';
import { type AlternativeNames, alternativeNames, fieldsOf } from './fields.ts';
import { OcspResponder } from './ocsp-responder.ts';
import { type Fault, faultOf, isIssuedUnder, pathsOf } from './path.ts';
import { TrustFileError } from './revocation-list.ts';
import { readTrustStore, type TrustStore } from './trust-store.ts';

export interface ClientCertificateSettings {
  /** The paths of files with the authorities. */
  readonly ca: readonly string[];
  /** The paths of files with revocation lists. Empty: none are checked. */
  readonly crl: readonly string[];
  /** The OCSP responder of the authorities that issue to users. Null: none is asked. */
  readonly ocsp: ServiceUrl | null;
  /** The policies under which an authority issues only to cards that verify a PIN. */
  readonly pinPolicies: readonly string[];
}

export interface AcceptedCertificate {
  readonly certificate: X509Certificate;
  readonly issuer: X509Certificate;
  readonly names: AlternativeNames;
  /** SHA-256 of the certificates of the authority that issued it, as `openssl x509 -fingerprint` prints them. */
  readonly issuers: readonly string[];
  readonly isPinVerified: boolean;
}

/** A file of CLIENT_CA or CLIENT_CRL cannot be used. */
export class ClientCertificateFilesError extends OperatorError {
  readonly code = 'CLIENT_CERTIFICATE_FILES_INVALID';
  constructor(reason: string) {
    super(`The files of CLIENT_CA and CLIENT_CRL cannot be used.\n  ${reason}`);
  }
}

export class ClientCertificates {
  readonly #files: FromFiles<TrustStore>;
  readonly #pinPolicies: readonly string[];
  readonly #responder: OcspResponder | null;
  readonly #log: Log;

  /** @throws {ClientCertificateFilesError} */
  static async open(settings: ClientCertificateSettings, log: Log): Promise<ClientCertificates> {
    const { ca, crl } = settings;
    const files = await FromFiles.open([...ca, ...crl], (all) =>
      readTrustStore(all.slice(0, ca.length), crl.length === 0 ? null : all.slice(ca.length)),
    ).catch((error: unknown) => {
      throw isOfFile(error) ? new ClientCertificateFilesError(error.message) : error;
    });
    return new ClientCertificates(files, settings, log);
  }

  private constructor(
    files: FromFiles<TrustStore>,
    { pinPolicies, ocsp }: ClientCertificateSettings,
    log: Log,
  ) {
    this.#files = files;
    this.#responder = ocsp === null ? null : new OcspResponder(ocsp, log);
    this.#pinPolicies = pinPolicies;
    this.#log = log;
  }

  /** The authorities and lists for a TLS server. */
  get pem(): TrustStore['pem'] {
    return this.#files.current.pem;
  }

  /** When the first authority will be without a list that is up to date. Null when revocation is not checked. */
  get listsDueAt(): Date | null {
    const { lists } = this.#files.current;
    const dueAt = [...(lists?.values() ?? [])].map((ofAuthority) =>
      Math.max(...ofAuthority.map(({ nextUpdate }) => nextUpdate.getTime())),
    );
    return dueAt.length === 0 ? null : new Date(Math.min(...dueAt));
  }

  /** Reads the files again if they have changed. @returns whether they have. */
  async refresh(): Promise<boolean> {
    try {
      return await this.#files.refresh();
    } catch (error) {
      if (!isOfFile(error)) throw error;
      this.#log.warn({ err: error }, 'CLIENT_CA or CLIENT_CRL cannot be read; the former files still count');
      return false;
    }
  }

  /** @throws {CertificateRefused} */
  async accept(presented: PresentedCertificate | null, now: Date): Promise<AcceptedCertificate> {
    if (presented === null) throw new CertificateRefused('MISSING');
    await this.refresh();
    const accepted = this.#check(presented, now);
    // Only a certificate that is valid otherwise is worth a question, so nobody else can make the server ask.
    const fault =
      typeof accepted === 'string'
        ? accepted
        : ((await this.#responder?.faultOf(accepted.certificate, accepted.issuer, now)) ?? null);
    if (typeof accepted !== 'string' && fault === null) return accepted;
    const { issuer, serialNumber } = presented.certificate;
    this.#log.info({ fault, issuer, serialNumber }, 'client certificate refused');
    throw new CertificateRefused(fault ?? 'UNTRUSTED');
  }

  #check(presented: PresentedCertificate, now: Date): AcceptedCertificate | Fault {
    try {
      return this.#accept(presented, now);
    } catch (error) {
      if (error instanceof MalformedDerError) return 'UNTRUSTED';
      throw error;
    }
  }

  #accept({ certificate, isTrusted }: PresentedCertificate, now: Date): AcceptedCertificate | Fault {
    const store = this.#files.current;
    const paths = pathsOf(certificate, store.authorities);
    const faults = paths.map((path) => faultOf(certificate, path, store, now));
    const valid = paths.filter((_, at) => faults[at] === null);
    // The issuers of several paths have the same name and key.
    const issuer = valid[0]?.[0];
    if (issuer === undefined) return faults[0] ?? 'UNTRUSTED';
    if (!isTrusted) return 'UNTRUSTED';
    return {
      certificate,
      issuer,
      names: alternativeNames(fieldsOf(certificate).extensions),
      issuers: [...new Set(valid.flatMap(([one]) => one?.fingerprint256 ?? []))],
      isPinVerified: valid.some((path) => isIssuedUnder(this.#pinPolicies, certificate, path)),
    };
  }
}

/** Whether a file is missing or unusable. Anything else is a bug. */
function isOfFile(error: unknown): error is Error {
  return error instanceof TrustFileError || (error instanceof Error && 'code' in error && 'syscall' in error);
}
