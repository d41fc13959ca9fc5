import * as tsj from 'ts-json-schema-generator';
import ts from 'typescript';
import { z } from 'zod';
import { BackupResult } from '../../src/contract/backup.ts';
import { SetFailure } from '../../src/contract/failure.ts';
import { Intent } from '../../src/contract/intent.ts';
import { Manifest } from '../../src/contract/manifest.ts';
import { RestoreMarker } from '../../src/contract/restore.ts';
import { ReplicaRecord } from '../../src/contract/replica.ts';
import { CheckRecord, Hold, Tombstone } from '../../src/contract/setRecords.ts';

/** The schemas whose types `--json` prints, by name. */
const SCHEMAS: Record<string, z.ZodType> = {
  BackupResult,
  CheckRecord,
  Hold,
  Intent,
  Manifest,
  ReplicaRecord,
  RestoreMarker,
  SetFailure,
  Tombstone,
};

class ZodType extends tsj.BaseType {
  readonly schema: z.ZodType;

  constructor(schema: z.ZodType) {
    super();
    this.schema = schema;
  }

  override getId(): string {
    return `zod-${Object.values(SCHEMAS).indexOf(this.schema)}`;
  }
}

/** The generator reads types as they are written; `z.infer<typeof Manifest>` it cannot, but the schema says it all. */
export class ZodTypes implements tsj.SubNodeParser, tsj.SubTypeFormatter {
  supportsNode(node: ts.Node): boolean {
    return ts.isTypeReferenceNode(node) && node.typeName.getText() === 'z.infer';
  }

  createType(node: ts.TypeReferenceNode): tsj.BaseType {
    const name = node.typeArguments?.[0]?.getText().replace(/^typeof /, '') ?? '';
    const schema = SCHEMAS[name];
    if (schema === undefined)
      throw new Error(`give the schema of ${name} to SCHEMAS in scripts/generate/zodTypes.ts`);
    return new ZodType(schema);
  }

  supportsType(type: tsj.BaseType): boolean {
    return type instanceof ZodType;
  }

  getDefinition({ schema }: ZodType): tsj.Definition {
    return {
      ...z.toJSONSchema(schema, { io: 'input', target: 'draft-7' }),
      $schema: undefined,
    } as tsj.Definition;
  }

  getChildren(): tsj.BaseType[] {
    return [];
  }
}
