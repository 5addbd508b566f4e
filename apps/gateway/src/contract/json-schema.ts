import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { commentOf } from './comments.ts';

/** A schema of OpenAPI 3.1, which is JSON Schema. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const NUMBERS: ReadonlySet<ScalarType> = new Set([ScalarType.DOUBLE, ScalarType.FLOAT]);
const LONGS: ReadonlySet<ScalarType> = new Set([
  ...[ScalarType.INT64, ScalarType.UINT64, ScalarType.SINT64, ScalarType.FIXED64, ScalarType.SFIXED64],
]);

/** Schemas of messages and everything in them, by full name, as proto3's JSON mapping writes them. */
export function schemasOf(messages: readonly DescMessage[]): Record<string, JsonSchema> {
  const schemas = new Map<string, JsonSchema>();
  for (const message of messages) addMessage(message, schemas);
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A reference to a message's schema in the document. */
export function referenceTo({ typeName }: DescMessage | DescEnum): JsonSchema {
  return { $ref: `#/components/schemas/${typeName}` };
}

function addMessage(message: DescMessage, schemas: Map<string, JsonSchema>): void {
  if (schemas.has(message.typeName)) return;
  const properties = Object.fromEntries(message.fields.map((field) => [field.jsonName, fieldSchema(field)]));
  const schema = { type: 'object', properties, additionalProperties: false };
  schemas.set(message.typeName, described(schema, commentOf(message)));
  for (const field of message.fields) {
    if (field.message !== undefined) addMessage(field.message, schemas);
    if (field.enum !== undefined) addEnum(field.enum, schemas);
  }
}

function addEnum(declared: DescEnum, schemas: Map<string, JsonSchema>): void {
  const schema = { type: 'string', enum: declared.values.map(({ name }) => name) };
  schemas.set(declared.typeName, described(schema, commentOf(declared)));
}

function fieldSchema(field: DescField): JsonSchema {
  return described(shapeOf(field), commentOf(field));
}

function shapeOf(field: DescField): JsonSchema {
  switch (field.fieldKind) {
    case 'scalar':
      return scalarSchema(field.scalar);
    case 'enum':
      return referenceTo(field.enum);
    case 'message':
      return referenceTo(field.message);
    case 'list':
      return { type: 'array', items: elementSchema(field) };
    case 'map':
      return { type: 'object', additionalProperties: elementSchema(field) };
  }
}

function elementSchema(field: DescField & { readonly fieldKind: 'list' | 'map' }): JsonSchema {
  if (field.message !== undefined) return referenceTo(field.message);
  if (field.enum !== undefined) return referenceTo(field.enum);
  return scalarSchema(field.scalar);
}

function scalarSchema(scalar: ScalarType): JsonSchema {
  if (scalar === ScalarType.BOOL) return { type: 'boolean' };
  if (scalar === ScalarType.STRING) return { type: 'string' };
  if (scalar === ScalarType.BYTES) return { type: 'string', contentEncoding: 'base64' };
  if (NUMBERS.has(scalar)) return { type: 'number' };
  // Many JSON readers hold numbers as doubles, which lose digits of 64-bit integers.
  return LONGS.has(scalar) ? { type: 'string', pattern: '^-?[0-9]+$' } : { type: 'integer' };
}

function described(schema: JsonSchema, description: string): JsonSchema {
  return description === '' ? schema : { ...schema, description };
}
