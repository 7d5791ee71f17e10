// What a key of the user has signed, with the audit event that it caused.
import { Migration } from '@mikro-orm/migrations';

export class DeviceApproval extends Migration {
  override name = '2026-11-30-device-approval';

  override up(): void {
    this.addSql(`alter table "audit_event" add "proof" jsonb null`);
  }
}
