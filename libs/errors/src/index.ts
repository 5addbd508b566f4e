export { assertNever } from './assert-never.ts';
export { isStorageFull, storageFull } from './storage-full.ts';
export { SipfError, type ErrorKind, type FieldViolation, type SipfErrorOptions } from './sipf-error.ts';
