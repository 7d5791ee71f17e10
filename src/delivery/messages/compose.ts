// Composes a message from a template, in the recipient's language.
import { IntlMessageFormat } from 'intl-messageformat';
import type { GeoIp } from '../geoip.ts';
import type { Message } from '../message.ts';
import { parseBrowser } from '../origin.ts';
import type { SmsName } from './catalogue.ts';
import { CATALOGUES } from './catalogues.ts';
import { type Block, htmlOf, textOf } from './layout.ts';
import { DEFAULT_LOCALE, type Locale } from './locales.ts';
import type { Origin, Template } from './template.ts';

export interface Recipient {
  readonly to: string;
  readonly locale: Locale;
}

type Values = Readonly<Record<string, string | number>>;

/** @param geoip looks up the place of an IP address. Without it, messages do not mention the place. */
export function compose(template: Template, { to, locale }: Recipient, geoip?: GeoIp): Message {
  const catalogue = CATALOGUES[locale];
  const values = valuesOf(template, locale);
  const code = 'code' in template ? template.code : null;
  if (isSms(template)) {
    const text = say(locale, catalogue.texts[template.name], values);
    return { channel: 'sms', to, subject: '', text, html: null, code };
  }
  const { subject, paragraphs, action = '' } = catalogue.mails[template.name];
  const said = paragraphs.filter((one) => !one.includes('{approves}') || values['approving'] === 'yes');
  const blocks = said.map((paragraph): Block => {
    if (paragraph === '{link}' && 'url' in template)
      return { kind: 'link', url: template.url, action: say(locale, action, values) };
    if (paragraph === '{origin}' && 'at' in template)
      return { kind: 'lines', lines: originLines(template, locale, geoip) };
    return { kind: 'paragraph', text: say(locale, paragraph, values) };
  });
  if (code !== null) blocks.unshift({ kind: 'code', code });
  const title = say(locale, subject, values);
  return {
    channel: 'email',
    to,
    subject: title,
    text: textOf(blocks),
    html: htmlOf(title, locale, blocks),
    code,
  };
}

/** Does the same work for a recipient who must not or cannot receive a message. */
export function composeDecoy(template: Template, geoip?: GeoIp): Message {
  return { ...compose(template, { to: 'nobody@invalid', locale: DEFAULT_LOCALE }, geoip), isDecoy: true };
}

function isSms(template: Template): template is Extract<Template, { name: SmsName }> {
  return template.name === 'phone-code' || template.name === 'phone-link';
}

function valuesOf(template: Template, locale: Locale): Values {
  return {
    ...('code' in template ? { code: template.code } : {}),
    ...('url' in template ? { url: template.url } : {}),
    // ICU has no null, so 0 minutes stands for a lock that does not end by itself.
    ...('minutes' in template ? { minutes: wholeMinutes(template.minutes) ?? 0 } : {}),
    // ICU identifiers cannot contain hyphens.
    ...('purpose' in template ? { purpose: template.purpose.replaceAll('-', '_') } : {}),
    ...('approves' in template
      ? { approving: template.approves === null ? 'no' : 'yes', approves: template.approves ?? '' }
      : {}),
    ...('agent' in template ? { agent: template.agent } : {}),
    ...('remaining' in template ? { remaining: template.remaining } : {}),
    ...('address' in template ? { address: template.address } : {}),
    ...('provider' in template ? { provider: template.provider } : {}),
    ...('domain' in template ? { domain: template.domain } : {}),
    ...('record' in template ? { recordName: template.record.name, recordValue: template.record.value } : {}),
    ...('administrator' in template ? { administrator: template.administrator } : {}),
    ...('factor' in template ? { factor: template.factor[locale] } : {}),
    ...('due' in template ? { due: timeIn(locale).format(template.due) } : {}),
  };
}

function wholeMinutes(minutes: number | null): number | null {
  return minutes === null ? null : Math.max(1, Math.ceil(minutes));
}

/** What is known about where a request came from, one fact per line. */
function originLines({ ip, userAgent, at }: Origin, locale: Locale, geoip?: GeoIp): string[] {
  const { origin } = CATALOGUES[locale];
  const browser = parseBrowser(userAgent);
  const place = geoip?.placeOf(ip, locale) ?? null;
  return [
    ...(browser === null
      ? []
      : [say(locale, origin.browser, { browser: browser.name, system: browser.system ?? 'none' })]),
    ...(place === null ? [] : [say(locale, origin.place, { place })]),
    ...(ip === null ? [] : [say(locale, origin.ip, { ip })]),
    say(locale, origin.at, { at: timeIn(locale).format(at) }),
  ];
}

/** Parsed messages and formats. The size is bounded by the catalogues. */
const formats = new Map<string, IntlMessageFormat>();
const times = new Map<Locale, Intl.DateTimeFormat>();

function say(locale: Locale, message: string, values: Values): string {
  const key = `${locale} ${message}`;
  const format = formats.get(key) ?? new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });
  formats.set(key, format);
  return format.format({ ...values }) as string;
}

function timeIn(locale: Locale): Intl.DateTimeFormat {
  const time =
    times.get(locale) ??
    new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  times.set(locale, time);
  return time;
}
