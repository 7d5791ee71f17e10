// Lets one statement roll itself back when a write that it requires found no row. The error has a code of our own, so that
// it cannot be taken for another failure. Earlier versions of the server do not call it.
import { Migration } from '@mikro-orm/migrations';

export class UnitOfWorkLost extends Migration {
  override name = '2026-11-29-unit-of-work';

  override up(): void {
    this.addSql(`create function unit_of_work_lost() returns text language plpgsql volatile as $$
      begin
        raise exception 'A requirement of the unit of work was lost.' using errcode = 'SG001';
      end
    $$`);
  }
}
