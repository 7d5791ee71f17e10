// A real DNS server on loopback, whose TXT records the test decides.
import dns2, { type Packet as DnsPacket } from 'dns2';

const { Packet, createServer } = dns2;

/** SERVFAIL: the server answers that it has failed. SILENT: it does not answer. */
type Failure = 'SERVFAIL' | 'SILENT';

export class NameServer implements AsyncDisposable {
  readonly #records = new Map<string, readonly string[][]>();
  readonly #server: ReturnType<typeof createServer>;
  /** What happens instead of an answer. */
  failure: Failure | null = null;
  /** The names that were asked for. */
  readonly asked: string[] = [];

  private constructor() {
    this.#server = createServer({
      udp: { type: 'udp4' },
      handle: (request, send) => this.#answer(request, (response) => void send(response)),
    });
  }

  static async start(): Promise<NameServer> {
    const self = new NameServer();
    await self.#server.listen({ udp: { port: 0, address: '127.0.0.1' } });
    return self;
  }

  /** For `DNS_SERVERS`. */
  get address(): string {
    return `127.0.0.1:${this.#server.addresses().udp?.port}`;
  }

  /** Publishes records, each in parts. Without any, the name exists and has no TXT record. */
  publish(name: string, ...records: readonly string[][]): void {
    this.#records.set(name, records);
  }

  withdraw(name: string): void {
    this.#records.delete(name);
  }

  #answer(request: DnsPacket, send: (response: DnsPacket) => void): void {
    const [question] = request.questions;
    const name = question?.name ?? '';
    this.asked.push(name);
    if (this.failure === 'SILENT') return;
    const response = Packet.createResponseFromRequest(request);
    const records = this.#records.get(name);
    if (this.failure === 'SERVFAIL') response.header.rcode = Packet.RCODE.SERVFAIL;
    else if (records === undefined) response.header.rcode = Packet.RCODE.NXDOMAIN;
    for (const data of records ?? [])
      response.answers.push({ name, type: Packet.TYPE.TXT, class: Packet.CLASS.IN, ttl: 0, data } as never);
    send(response);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }
}
