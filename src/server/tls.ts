// TLS of the server itself: its certificate and key, and the authorities of client certificates. Renewed files count for
// new connections, without a restart.
import { constants } from 'node:crypto';
import type { Server, ServerOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { ClientCertificates } from '../factors/certificate/client-certificates.ts';
import { FromFiles } from '../platform/from-files.ts';
import type { Log } from '../platform/log.ts';
import { OperatorError } from '../platform/operator-error.ts';

/** How often the files are looked at. */
const LOOK_EVERY_MS = 10_000;
/** How long a handshake may take. */
const HANDSHAKE_MS = 10_000;

interface TlsParts {
  readonly cert: string;
  readonly key: string;
  readonly clientCertificates: ClientCertificates | null;
  readonly log: Log;
}

/** TLS_CERT or TLS_KEY cannot be used. */
export class TlsFilesError extends OperatorError {
  readonly code = 'TLS_FILES_INVALID';
  constructor(reason: string) {
    super(`The files of TLS_CERT and TLS_KEY cannot be used.\n  ${reason}`);
  }
}

/** No authorities, not even those of Node. */
const NOBODY = { ca: [], crl: null };

export class Tls {
  readonly #files: FromFiles<SecureContextOptions>;
  readonly #clientCertificates: ClientCertificates | null;
  readonly #log: Log;
  /** The context that new connections get. */
  #applied: SecureContextOptions | null = null;

  /** @throws {TlsFilesError} */
  static async open({ cert, key, clientCertificates, log }: TlsParts): Promise<Tls> {
    const files = await FromFiles.open([cert, key], ([chain, privateKey]) => {
      const options = { cert: chain?.content, key: privateKey?.content };
      createSecureContext(options); // throws unless they belong together
      return options;
    }).catch((error: unknown) => {
      throw new TlsFilesError(error instanceof Error ? error.message : String(error));
    });
    return new Tls(files, clientCertificates, log);
  }

  private constructor(
    files: FromFiles<SecureContextOptions>,
    clientCertificates: ClientCertificates | null,
    log: Log,
  ) {
    this.#files = files;
    this.#clientCertificates = clientCertificates;
    this.#log = log;
  }

  /** Clients without a certificate are served: most requests need none. */
  get options(): ServerOptions {
    this.#applied = this.#context();
    return {
      ...this.#applied,
      requestCert: this.#clientCertificates !== null,
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS,
    };
  }

  #context(): SecureContextOptions {
    const { ca, crl } = this.#clientCertificates?.pem ?? NOBODY;
    return {
      ...this.#files.current,
      ca,
      ...(crl !== null && { crl }),
      minVersion: 'TLSv1.2',
      // A client must not change its certificate within a connection.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    };
  }

  /** Looks at the files now and then, until the server closes. */
  keepUpToDate(server: Server): void {
    const looking = setInterval(() => void this.refresh(server), LOOK_EVERY_MS);
    looking.unref();
    server.on('close', () => clearInterval(looking));
  }

  /** Gives new connections what the files have now. */
  async refresh(server: Server): Promise<void> {
    try {
      await this.#files.refresh();
      await this.#clientCertificates?.refresh();
      const context = this.#context();
      const { cert, ca } = this.#applied ?? {};
      if (context.cert === cert && context.ca === ca) return;
      server.setSecureContext(context);
      this.#applied = context;
    } catch (error) {
      this.#log.warn({ err: error }, 'TLS_CERT or TLS_KEY cannot be read; the former files still count');
    }
  }
}
