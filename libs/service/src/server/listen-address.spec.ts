import { expect, it } from 'vitest';
import { formatAddress, isLoopback, parseAddress } from './listen-address.ts';

it.each([
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['localhost:50051', { host: 'localhost', port: 50_051 }],
  ['[::1]:9090', { host: '::1', port: 9090 }],
  ['0.0.0.0:65535', { host: '0.0.0.0', port: 65_535 }],
])('reads %s and writes it back', (text, address) => {
  expect(parseAddress(text)).toEqual(address);
  expect(formatAddress(address.host, address.port)).toBe(text);
});

it.each(['', '127.0.0.1', ':80', 'host:port', '::1:80', 'host:65536', 'host:-1', 'http://host:80'])(
  'refuses "%s"',
  (text) => {
    expect(() => parseAddress(text)).toThrow('is not host:port');
  },
);

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['localhost', true],
  ['::1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.example.org', false],
  ['192.168.0.1', false],
])('decides whether %s is of this machine only', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
