import {
  createFileRegistry,
  fromBinary,
  type DescEnum,
  type DescField,
  type DescMessage,
  type FileRegistry,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { readFileSync } from 'node:fs';
import { descriptorSetUrl } from '../descriptor-set.ts';
import type { Checks } from './checks.ts';

type Check = (checks: Checks, message: object) => void;

let compiled: FileRegistry | undefined;
const checksOf = new Map<string, Check | undefined>();

/**
 * Refuses numbers that no value of an enum has, in every field of a method's request and below: proto3 decodes any number, and
 * code that knows none of its name would take it for another.
 * @param methodPath `/package.Service/Method`; one that the contracts lack has nothing to check
 */
export function checkEnums(checks: Checks, methodPath: string, message: unknown): void {
  const [, service = '', method = ''] = methodPath.split('/');
  const found = contracts()
    .getService(service)
    ?.methods.find(({ name }) => name === method);
  if (found !== undefined) checkOf(found.input)?.(checks, message as object);
}

/** The contracts as they were compiled; read by those who check requests, and not by those who send them. */
function contracts(): FileRegistry {
  return (compiled ??= createFileRegistry(
    fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSetUrl)),
  ));
}

/** Of a message type; undefined where there is no enum in it. */
function checkOf(type: DescMessage): Check | undefined {
  if (checksOf.has(type.typeName)) return checksOf.get(type.typeName);
  // A type that holds itself finds that it has nothing more to say.
  checksOf.set(type.typeName, undefined);
  const fields = type.fields.map(checkOfField).filter((check) => check !== undefined);
  const whole: Check = (checks, message) => {
    for (const check of fields) check(checks, message);
  };
  const check = fields.length === 0 ? undefined : whole;
  checksOf.set(type.typeName, check);
  return check;
}

function checkOfField(field: DescField): Check | undefined {
  const { name, fieldKind } = field;
  const nested = field.message === undefined ? undefined : checkOf(field.message);
  if (field.enum === undefined && nested === undefined) return undefined;
  const one = (checks: Checks, value: unknown, path: string): void => {
    if (field.enum !== undefined) checkValue(checks, value, { path, type: field.enum });
    else nested?.(checks.nested(path), value as object);
  };
  return (checks, message) => {
    const value = valueOf(field, message);
    if (value === undefined || value === null) return;
    if (fieldKind !== 'list') {
      one(checks, value, name);
      return;
    }
    for (const [index, item] of (value as unknown[]).entries()) one(checks, item, `${name}[${index}]`);
  };
}

function checkValue(checks: Checks, value: unknown, { path, type }: { path: string; type: DescEnum }): void {
  const names = type.values.map(({ name }) => name).join(', ');
  const isKnown = typeof value === 'number' && type.value[value] !== undefined;
  checks.require(isKnown, path, `must be one of ${names}, is ${String(value)}`);
}

/** As the generated code holds it: a member of a oneof by its case. */
function valueOf({ localName, oneof }: DescField, message: object): unknown {
  const fields = message as Readonly<Record<string, unknown>>;
  if (oneof === undefined) return fields[localName];
  const chosen = fields[oneof.localName] as { readonly $case: string; readonly value: unknown } | undefined;
  return chosen?.$case === localName ? chosen.value : undefined;
}
