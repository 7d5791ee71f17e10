// What a factor reports when a proof shows that an authenticator may be in other hands too.
import type { Notice } from '../delivery/messages/template.ts';
import type { AuditType } from '../persistence/audit-type.ts';

export interface Alarm {
  readonly audit: AuditType;
  readonly notice: Notice;
}
