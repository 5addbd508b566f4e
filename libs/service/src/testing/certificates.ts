import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files made for one test. */
export interface CertificateFolder {
  readonly caFile: string;
  readonly server: { readonly certFile: string; readonly keyFile: string };
  readonly client: { readonly certFile: string; readonly keyFile: string };
  /** Signed by an untrusted authority. */
  readonly stranger: { readonly certFile: string; readonly keyFile: string };
  remove(): void;
}

/** Whether this machine can create certificates. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** An authority, a server certificate for localhost, and two clients' certificates. */
export function makeCertificates(): CertificateFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sipf-certificates-'));
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const authority = (name: string): void => {
    openssl(
      folder,
      'req',
      '-x509',
      ...newKey(name),
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-out',
      `${name}.crt`,
    );
  };
  const issue = (name: string, by: string): { certFile: string; keyFile: string } => {
    openssl(folder, 'req', ...newKey(name), '-subj', `/CN=${name}`, '-out', `${name}.csr`);
    const signer = ['-CA', `${by}.crt`, '-CAkey', `${by}.key`, '-CAcreateserial', '-extfile', 'names'];
    openssl(folder, 'x509', '-req', '-in', `${name}.csr`, ...signer, '-days', '2', '-out', `${name}.crt`);
    return { certFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) };
  };
  authority('authority');
  authority('other');
  return {
    caFile: join(folder, 'authority.crt'),
    server: issue('server', 'authority'),
    client: issue('client', 'authority'),
    stranger: issue('stranger', 'other'),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
}

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}
