// Writes a minimal database in MaxMind's format (version 2.0), with one record for all IPv4 addresses.

/** @param record may contain strings and maps. */
export function oneRecordDatabase(record: object): Buffer {
  const NODES = 1;
  // A node has two records of 24 bits. Values beyond the nodes and a separator of 16 bytes point into the data.
  const pointer = Buffer.from([0, 0, NODES + 16]);
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 0,
    database_type: 'Test-City',
    ip_version: 4,
    node_count: NODES,
    record_size: 24,
  };
  return Buffer.concat([
    pointer,
    pointer,
    Buffer.alloc(16),
    encode(record),
    Buffer.from('abcdef', 'hex'),
    Buffer.from('MaxMind.com'),
    encode(metadata),
  ]);
}

const TEXT = 2;
const UNSIGNED_32 = 6;
const MAP = 7;

function encode(value: unknown): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(TEXT, bytes.length), bytes]);
  }
  if (typeof value === 'number') return Buffer.from([(UNSIGNED_32 << 5) | 4, 0, 0, value >> 8, value & 255]);
  const entries = Object.entries(value as object);
  return Buffer.concat([
    control(MAP, entries.length),
    ...entries.flatMap(([key, one]) => [encode(key), encode(one)]),
  ]);
}

/** Sizes of 29 and more need an additional byte. */
function control(type: number, size: number): Buffer {
  return size < 29 ? Buffer.from([(type << 5) | size]) : Buffer.from([(type << 5) | 29, size - 29]);
}
