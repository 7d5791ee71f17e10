// Media types of requests and responses (RFC 9110 section 12.5.1).

const JSON_TYPES = ['application/json', 'application/graphql-response+json'] as const;
const STREAM_TYPES = ['text/event-stream', 'multipart/mixed'] as const;

export const RESPONSE_TYPES: readonly string[] = [...JSON_TYPES, ...STREAM_TYPES];

export type JsonType = (typeof JSON_TYPES)[number];

export interface Acceptable {
  /** The preferred type of JSON. Null if the client accepts none. */
  readonly json: JsonType | null;
  /** Whether the client names a type that can stream. */
  readonly stream: boolean;
}

/** What an `Accept` header allows. Without one, everything is allowed. */
export function acceptable(header: string | undefined): Acceptable {
  let json: JsonType | null = null;
  let stream = false;
  for (const range of (header || '*/*').split(',')) {
    if (isOtherCharset(range)) continue;
    const type = mediaType(range);
    json ??= JSON_TYPES.find((one) => isWithin(one, type)) ?? null;
    stream ||= type !== '*/*' && STREAM_TYPES.some((one) => isWithin(one, type));
  }
  return { json, stream };
}

/** Returns `application/json` for `Application/JSON; charset=utf-8`. */
export function mediaType(text: string): string {
  return text.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** Responses are always in UTF-8. */
function isOtherCharset(range: string): boolean {
  const charset = /;\s*charset="?([^\s;"]*)/i.exec(range)?.[1];
  return charset !== undefined && charset.toLowerCase() !== 'utf-8';
}

function isWithin(type: string, range: string): boolean {
  if (type === range) return true;
  const [wanted, wantedSubtype] = range.split('/');
  const [ours, ourSubtype] = type.split('/');
  return (wanted === '*' || wanted === ours) && (wantedSubtype === '*' || wantedSubtype === ourSubtype);
}
