// `stepgate domains`: the domains of a tenant from the command line, also when nobody can sign in with their provider. With
// the embedded PostgreSQL, stop the server first.
import type { Config } from '../config/config.ts';
import { openGeoIp } from '../delivery/geoip.ts';
import { Outbox } from '../delivery/outbox.ts';
import { addDomain } from '../domains/add-domain.ts';
import { type CheckServices, checkDomain } from '../domains/check-domain.ts';
import { type Domain, listDomains } from '../domains/domain.ts';
import { setExemption } from '../domains/exemption.ts';
import { removeDomain } from '../domains/remove-domain.ts';
import { TxtRecords } from '../domains/txt-record.ts';
import type { Administrator } from '../factors/administration.ts';
import { Providers } from '../factors/oauth/providers.ts';
import { byOperator } from '../persistence/audit.ts';
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { systemClock } from '../platform/clock.ts';
import { KeyRing } from '../platform/key-ring.ts';
import { createLog } from '../platform/log.ts';
import { UserError } from '../platform/user-error.ts';
import { ownerOf, readEmail } from './admin/owner.ts';
import { afterHelp, JSON_OPTION } from './help.ts';
import { onDatabase } from './on-database.ts';
import { type Cli, type Define, RefusedError } from './run-command.ts';
import { linesOf } from './table.ts';
import { requireTenant } from './users-command.ts';

const TENANT = ['--tenant <NAME>', 'the tenant of the domain', DEFAULT_TENANT] as const;
const UNMET = 'the tenant does not have the domain, or it was refused';
const NAME = ['<DOMAIN>', 'for example example.com'] as const;

type Work = (services: CheckServices, administrator: Administrator) => Promise<Domain | null>;

export const domains: Define = (command, cli) => {
  command.addHelpText(
    'after',
    afterHelp({
      examples: [
        'stepgate domains add example.com --provider work --tenant acme',
        'stepgate domains check example.com --tenant acme',
        'stepgate domains list --tenant acme',
      ],
      unmet: UNMET,
    }),
  );
  command
    .command('add')
    .description('add a domain with its identity provider, and show the DNS record that proves it')
    .argument(...NAME)
    .requiredOption('--provider <ID>', 'the identity provider, as configured')
    .option(...TENANT)
    .addHelpText(
      'after',
      afterHelp({ examples: ['stepgate domains add example.com --provider work'], unmet: UNMET }),
    )
    .action(
      cli.action((domain, { provider: providerId, tenant }) =>
        act(cli, tenant, (services, administrator) =>
          addDomain(services, { domain, providerId }, administrator),
        ),
      ),
    );
  command
    .command('check')
    .description('look up the DNS record of a domain now')
    .argument(...NAME)
    .option(...TENANT)
    .addHelpText('after', afterHelp({ examples: ['stepgate domains check example.com'], unmet: UNMET }))
    .action(
      cli.action((name, { tenant }) =>
        act(cli, tenant, (services, administrator) => checkDomain(services, name, administrator)),
      ),
    );
  command
    .command('remove')
    .description('remove a domain, so that its users sign in as others do')
    .argument(...NAME)
    .option(...TENANT)
    .addHelpText('after', afterHelp({ examples: ['stepgate domains remove example.com'], unmet: UNMET }))
    .action(
      cli.action((name, { tenant }) =>
        act(cli, tenant, (services, administrator) => removeDomain(services, name, administrator), 'Removed'),
      ),
    );
  exemption(
    command.command('exempt').description('let an administrator sign in without the provider'),
    cli,
    true,
  );
  exemption(command.command('unexempt').description('take that right back'), cli, false);
  command
    .command('list')
    .description('list the domains of a tenant')
    .option(...TENANT)
    .option(...JSON_OPTION)
    .addHelpText('after', afterHelp({ examples: ['stepgate domains list', 'stepgate domains list --json'] }))
    .action(
      cli.action(({ tenant, json }) =>
        onDatabase(cli, async ({ orm, config }) => {
          const em = orm.em.fork();
          const found = await listDomains(em, providersOf(config), await requireTenant(em, tenant));
          if (json) cli.print(found);
          else for (const line of tableOf(found)) cli.say(line);
          return 0;
        }),
      ),
    );
};

function exemption(command: Parameters<Define>[0], cli: Cli, isExempt: boolean): void {
  command
    .argument('<EMAIL>', 'an email address that the administrator has verified')
    .option(...TENANT)
    .addHelpText(
      'after',
      afterHelp({
        examples: [`stepgate domains ${command.name()} jane@example.com`],
        unmet: 'the user does not exist, or is no administrator with a second factor',
      }),
    )
    .action(
      cli.action((address, { tenant }) => {
        const email = readEmail(address);
        return onDatabase(cli, async ({ orm }) => {
          const em = orm.em.fork();
          const tenantId = await requireTenant(em, tenant);
          const { id } = await ownerOf(em, email, tenantId);
          const operator = { em, tenantId, actor: byOperator('domains'), now: systemClock.now() };
          await setExemption(id, isExempt, operator).catch(refused);
          cli.say(`${email} may ${isExempt ? 'now' : 'no longer'} sign in without the identity provider.`);
          return 0;
        });
      }),
    );
}

/** With what an administrator would read. @throws {RefusedError} */
function refused(error: unknown): never {
  throw error instanceof UserError ? new RefusedError(error.message) : error;
}

/** @throws {RefusedError} */
function act(cli: Cli, tenant: string, work: Work, done?: string): Promise<0> {
  return onDatabase(cli, async ({ orm, config }) => {
    const em = orm.em.fork();
    const tenantId = await requireTenant(em, tenant);
    const administrator = { em, tenantId, actor: byOperator('domains'), now: systemClock.now() };
    const domain = await work(await servicesOf(config), administrator).catch(refused);
    if (domain === null) throw new RefusedError(`Tenant ${tenantId} does not have this domain.`);
    for (const line of done === undefined ? linesAbout(domain) : [`${done} ${domain.name}.`]) cli.say(line);
    return 0;
  });
}

function linesAbout({ name, providerId, status, record }: Domain): string[] {
  return [
    `${name}: ${status}, with the provider ${providerId}.`,
    ...(status === 'UNPROVED' || status === 'LOST'
      ? [`To prove it, publish this TXT record: ${record.name} "${record.value}"`]
      : []),
  ];
}

function tableOf(found: readonly Domain[]): string[] {
  if (found.length === 0) return ['The tenant has no domains.'];
  const rows = found.map(({ name, providerId, status, missingSince, record }) => [
    name,
    providerId,
    status,
    missingSince?.toISOString() ?? '-',
    `${record.name} "${record.value}"`,
  ]);
  return linesOf([['DOMAIN', 'PROVIDER', 'STATUS', 'MISSING SINCE', 'TXT RECORD'], ...rows]);
}

function providersOf({ providers, publicUrl, production }: Config): Providers {
  const log = createLog('silent');
  return new Providers(providers, { publicUrl, isDevelopment: !production, clock: systemClock, log });
}

/** Messages are queued here, and the running server delivers them. */
async function servicesOf(config: Config): Promise<CheckServices> {
  const { smtpUrl, mailFrom } = config;
  const ring = new KeyRing(config.secretKeys);
  const geoip = await openGeoIp(config.geoipDatabase);
  const transports =
    smtpUrl === null ? {} : { email: (await import('../delivery/smtp.ts')).smtpTransport(smtpUrl, mailFrom) };
  return {
    providers: providersOf(config),
    outbox: new Outbox({ ring, transports, geoip, log: createLog('silent') }),
    records: new TxtRecords(config.dnsServers),
  };
}
