export * from './certificates.ts';
export * from './plain-environment.ts';
