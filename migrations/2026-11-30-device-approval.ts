// The key for Web Push, by which approving devices are told of requests.
import { Migration } from '@mikro-orm/migrations';

export class DeviceApproval extends Migration {
  override name = '2026-11-30-device-approval';

  override up(): void {
    this.addSql(
      `create table "push_key" ("id" varchar(16) not null, "public_key" varchar(87) not null, "sealed_private_key" text not null, "created_at" timestamptz not null, primary key ("id"))`,
    );
  }
}
