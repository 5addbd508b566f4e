import { expect, it } from 'vitest';
import { serviceEnvironment } from './service-environment.ts';

it('keeps settings of the network away from services on loopback, and all others', () => {
  const kept = { PATH: '/bin', SIPF_LOG_LEVEL: 'debug', SIPF_CHECKPOINT_EVERY: '5' };
  const foreign = { SIPF_TLS_CERT_FILE: 'x', SIPF_ADDRESS: '0.0.0.0:1', SIPF_METRICS_ADDRESS: 'off' };
  expect(serviceEnvironment({ ...kept, ...foreign })).toEqual(kept);
});
