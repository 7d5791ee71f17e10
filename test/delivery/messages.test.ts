// Every message in every language: nothing is missing, every value is escaped, and every SMS fits.
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, test } from 'vitest';
import type { GeoIp } from '../../src/delivery/geoip.ts';
import { CATALOGUES } from '../../src/delivery/messages/catalogues.ts';
import { compose } from '../../src/delivery/messages/compose.ts';
import { LOCALES, type Locale, localeOf } from '../../src/delivery/messages/locales.ts';
import type { Template } from '../../src/delivery/messages/template.ts';
import { FACTORS } from '../../src/factors/registry.ts';

const TO = 'jane@example.com';
const URL = `https://auth.example.com/link?token=${'aB3_'.repeat(10)}xyz&next=1`;
const ORIGIN = {
  ip: '198.51.100.7',
  userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0',
  at: new Date('2026-11-25T15:35:00Z'),
};
const PLACES: GeoIp = { placeOf: (ip, locale) => (ip === null ? null : `a place in ${locale}`) };

const TEXT_PURPOSES = ['sign-in', 'sign-up', 'password-reset'] as const;
const PURPOSES = [...TEXT_PURPOSES, 'new-address'] as const;

const APPROVES = 'Pay 50 to "Bob"';

const TEMPLATES: readonly Template[] = [
  { name: 'email-code', code: '418273', minutes: 10, approves: null },
  { name: 'phone-code', code: '418273', minutes: 5, approves: null },
  { name: 'email-code', code: '418273', minutes: 10, approves: APPROVES },
  { name: 'phone-code', code: '418273', minutes: 5, approves: APPROVES },
  ...PURPOSES.map((purpose) => ({ name: 'email-link', url: URL, minutes: 15, purpose, ...ORIGIN }) as const),
  ...TEXT_PURPOSES.map((purpose) => ({ name: 'phone-link', url: URL, minutes: 15, purpose }) as const),
  { name: 'already-registered' },
  { name: 'address-wanted' },
  { name: 'email-address-added', address: 'j•••@e•••.com' },
  { name: 'email-address-removed', address: 'j•••@e•••.com' },
  { name: 'primary-email-address-changed', address: 'j•••@e•••.com' },
  { name: 'accounts-merged' },
  { name: 'new-sign-in', ...ORIGIN },
  { name: 'password-changed' },
  ...FACTORS.map(({ name }) => ({ name: 'factor-added', factor: name }) as const),
  ...FACTORS.map(({ name }) => ({ name: 'factor-removed', factor: name }) as const),
  { name: 'second-factors-removed' },
  { name: 'deletion-scheduled', due: new Date('2026-12-09T15:35:00Z'), ...ORIGIN },
  { name: 'deletion-cancelled', ...ORIGIN },
  { name: 'account-deleted' },
  { name: 'data-exported', ...ORIGIN },
  { name: 'backup-codes-regenerated' },
  { name: 'backup-codes-low', remaining: 2 },
  { name: 'account-locked', minutes: 15 },
  { name: 'account-locked', minutes: null },
];
const EVERY = LOCALES.flatMap((locale) =>
  TEMPLATES.map((template) => [`${template.name} in ${locale}`, template, locale] as const),
);

const inEnglish = (template: Template, geoip = PLACES) => compose(template, { to: TO, locale: 'en' }, geoip);

/** The arguments of a message with their kinds. */
function argumentsOf(message: string, locale: Locale): string[] {
  const names = new Set<string>();
  const visit = (elements: ReturnType<IntlMessageFormat['getAst']>): void => {
    for (const element of elements) {
      if ('value' in element && element.type !== 0) names.add(`${element.value}: ${element.type}`);
      if ('options' in element) for (const option of Object.values(element.options)) visit(option.value);
    }
  };
  visit(new IntlMessageFormat(message, locale, undefined, { ignoreTag: true }).getAst());
  return [...names].toSorted();
}

/** Every message of a language by its path, with the arguments of all its paragraphs. */
function shapeOf(locale: Locale): Record<string, string[]> {
  const { mails, texts, origin } = CATALOGUES[locale];
  const shape: Record<string, string[]> = {};
  for (const [name, { subject, paragraphs, action }] of Object.entries(mails)) {
    shape[`${name}.subject`] = argumentsOf(subject, locale);
    shape[`${name}.paragraphs`] = [
      ...new Set(paragraphs.flatMap((one) => argumentsOf(one, locale))),
    ].toSorted();
    if (action !== undefined) shape[`${name}.action`] = argumentsOf(action, locale);
  }
  for (const [what, words] of Object.entries({ texts, origin })) {
    for (const [name, message] of Object.entries(words))
      shape[`${what}.${name}`] = argumentsOf(message, locale);
  }
  return shape;
}

describe('a language', () => {
  const english = shapeOf('en');

  test('of the catalogues is read with its arguments: English', () => {
    expect(english).toMatchObject({
      'email-code.subject': ['code: 1'],
      'email-code.paragraphs': ['approves: 1', 'code: 1', 'minutes: 6'],
      'email-link.paragraphs': ['link: 1', 'minutes: 6', 'origin: 1', 'purpose: 5'],
      'texts.phone-link': ['minutes: 6', 'purpose: 5', 'url: 1'],
    });
  });

  test.each(LOCALES.filter((locale) => locale !== 'en'))(
    'has the same messages with the same arguments as English: %s',
    (locale) => {
      expect(shapeOf(locale)).toEqual(english);
    },
  );

  test.each(LOCALES)('is not a copy of another language: %s', (locale) => {
    const others = LOCALES.filter((one) => one !== locale);
    const texts = (one: Locale) =>
      TEMPLATES.map((template) => compose(template, { to: TO, locale: one }).text);
    for (const other of others) {
      expect(texts(other).filter((text) => texts(locale).includes(text))).toEqual([]);
    }
  });
});

describe('a message', () => {
  test.each(EVERY)(
    'is complete, and contains no number that looks like a second code: %s',
    (_name, template, locale) => {
      const { channel, to, subject, text, html, code } = compose(template, { to: TO, locale }, PLACES);
      expect(to).toBe(TO);
      expect(code).toBe('code' in template ? template.code : null);
      const said = [subject, text, html ?? ''].join('\n');
      expect(said).not.toMatch(/undefined|null|NaN|[{}]/);
      const numbers = said.replaceAll(URL, '').match(/\b\d{6}\b/g) ?? [];
      expect(new Set(numbers)).toEqual(new Set(code === null ? [] : [code]));
      if (code !== null) expect(/\b\d{6}\b/.exec(text)?.[0]).toBe(code);
      if (channel === 'sms') expect([subject, html]).toEqual(['', null]);
      else expect(subject.length).toBeGreaterThan(5);
    },
  );

  test.each(EVERY.filter(([, { name }]) => name.startsWith('phone-')))(
    'sent by SMS fits into one SMS and uses only GSM 03.38 characters: %s',
    (_name, template, locale) => {
      const { text } = compose(template, { to: '+15005550006', locale });
      expect(text).toMatch(/^[\w \n.,:;!?'"()/&%+=<>@$#*äöüÄÖÜßñÑàéèùìòÇØøÅåÆæÉ¡¿£¥§-]+$/);
      expect(text.length).toBeLessThanOrEqual(160);
    },
  );

  test.each(EVERY.filter(([, { name }]) => !name.startsWith('phone-')))(
    'sent by email loads and runs nothing, and its HTML has the same content as its text: %s',
    (_name, template, locale) => {
      const { subject, text, html } = compose(template, { to: TO, locale }, PLACES);
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).not.toMatch(/<(script|img|link|style|iframe|form)|src=|url\(|@import|\son\w+=/i);
      const links = [...(html ?? '').matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
      expect(links).toEqual('url' in template ? [URL.replaceAll('&', '&#38;')] : []);
      const words = (html ?? '')
        .replaceAll(/<br>|<\/p>/g, '\n')
        .replaceAll(/<[^>]*>/g, '')
        .replaceAll(/&#(\d+);/g, (_all, one: string) => String.fromCharCode(Number(one)));
      for (const line of [subject, ...text.split('\n')]) expect(words).toContain(line);
    },
  );

  test('with a code has the code in its subject, in its first sentence and in large print in its HTML', () => {
    const { subject, text, html } = inEnglish({
      name: 'email-code',
      code: '000042',
      minutes: 1,
      approves: null,
    });
    expect(subject).toBe('Your code is 000042');
    expect(text).toMatch(/^Your code is 000042\. It is valid for 1 minute and can be used once\.\n/);
    expect(html).toMatch(/font:600 32px[^>]*>000042</);
  });

  test('with a link says which sign-in it approves, and warns people who did not request it', () => {
    const { text, html } = inEnglish({
      name: 'email-link',
      url: URL,
      minutes: 15,
      purpose: 'sign-in',
      ...ORIGIN,
    });
    expect(text.replace('\u202f', ' ')).toContain(
      [
        'Browser: Firefox on Windows',
        'Place: a place in en',
        'IP address: 198.51.100.7',
        'Time: November 25, 2026 at 3:35 PM UTC',
      ].join('\n'),
    );
    expect(text).toContain(`\n\n${URL}\n\n`);
    expect(text).toContain('If you did not request this link just now, do not open it');
    expect(html).toContain('>Review and approve</a>');
  });

  test('with a link for a password reset does not look like a sign-in', () => {
    const link = { url: URL, minutes: 15, purpose: 'password-reset' } as const;
    const { subject, text } = inEnglish({ name: 'email-link', ...link, ...ORIGIN });
    expect(subject).toBe('Approve your password reset');
    expect(text).toMatch(
      /^Someone, hopefully you, wants to reset the password of your account\. The request came from:/,
    );
    expect(inEnglish({ name: 'phone-link', ...link }).text).toMatch(
      /^Only open this if you are resetting your password\./,
    );
  });

  test('says what is known about an origin and omits the rest', () => {
    const { text } = inEnglish({ name: 'new-sign-in', ip: null, userAgent: 'curl/8.1', at: ORIGIN.at });
    expect(text).toMatch(/to your account:\n\nTime: .* UTC\n\nIf this was not you/);
    expect(compose({ name: 'new-sign-in', ...ORIGIN }, { to: TO, locale: 'de' }).text).toContain(
      'Browser: Firefox auf Windows\nIP-Adresse: 198.51.100.7\nZeit: 25. November 2026 um 15:35 UTC',
    );
  });

  test('has every value escaped in its HTML', () => {
    const hostile = `<img src=x onerror="alert(1)">&'`;
    const geoip: GeoIp = { placeOf: () => hostile };
    const { html } = inEnglish({ name: 'new-sign-in', ...ORIGIN, ip: hostile }, geoip);
    expect(html).not.toContain('<img');
    expect(html?.match(/&#60;img src=x onerror=&#34;alert\(1\)&#34;&#62;&#38;&#39;/g)).toHaveLength(2);
  });

  test('about a lockout says how long it lasts', () => {
    expect(inEnglish({ name: 'account-locked', minutes: 1 }).text).toContain('locked for 1 minute.');
    expect(inEnglish({ name: 'account-locked', minutes: 14.2 }).text).toContain('locked for 15 minutes.');
    expect(inEnglish({ name: 'account-locked', minutes: 0 }).text).toContain('locked for 1 minute.');
    expect(inEnglish({ name: 'account-locked', minutes: null }).text).toContain(
      'until you reset your password',
    );
  });
});

describe('the language of a request', () => {
  test.each([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-de, en;q=0.5', 'de'],
    ['fr, de;q=0.8, en;q=0.7', 'de'],
    ['en-US,en;q=0.9,de;q=0.8', 'en'],
    ['de;q=0, en', 'en'],
    ['fr', 'en'],
    ['de;q=x,,,;', 'en'],
    ['\0'.repeat(100), 'en'],
  ])('for the Accept-Language header %j is %s', (header, locale) => {
    expect(localeOf(header)).toBe(locale);
  });

  test('is found quickly in a header of the maximum length', () => {
    const before = performance.now();
    expect(localeOf(`${'a-b-c;q=0.5,'.repeat(1300)}de`)).toBe('de');
    expect(performance.now() - before).toBeLessThan(200);
  });
});
