export { assertNever } from './assert-never.ts';
export { isStorageTrouble, storageTrouble } from './storage-trouble.ts';
export { withoutCredentials } from './without-credentials.ts';
export { SipfError, type ErrorKind, type FieldViolation, type SipfErrorOptions } from './sipf-error.ts';
export { fromWireError, toWireError, type WireError } from './wire-error.ts';
