import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';

export type CertificateOptions = {
  /** An earlier certificate of the folder; default: by itself. */
  signer?: string;
  /** As openssl takes it. Default `IP:127.0.0.1`. */
  subjectAltName?: string;
};

export type Certificate = { certificate: string; key: string };

/** Writes `<name>.pem` and `<name>.key` into the folder and returns their paths. */
export async function makeCertificate(
  folder: string,
  name: string,
  { signer, subjectAltName = 'IP:127.0.0.1' }: CertificateOptions = {},
): Promise<Certificate> {
  const signedBy = signer === undefined ? [] : ['-CA', `${signer}.pem`, '-CAkey', `${signer}.key`];
  await openssl(folder, [
    ...['req', '-x509', '-days', '1', ...newKey(name), ...subject(name, subjectAltName)],
    ...['-out', `${name}.pem`, ...signedBy],
  ]);
  return pathsOf(folder, name);
}

/** Signed by itself, and over since 2020. */
export async function makeExpiredCertificate(folder: string, name: string): Promise<Certificate> {
  const lines = [
    ...['[ca]', 'default_ca = d', '[d]', 'database = index.txt', 'rand_serial = yes', 'new_certs_dir = .'],
    ...['default_md = sha256', 'policy = p', 'copy_extensions = copy', '[p]', 'commonName = supplied'],
  ];
  writeFileSync(path.join(folder, 'ca.cnf'), lines.join('\n'));
  writeFileSync(path.join(folder, 'index.txt'), '');
  const asked = [...newKey(name), ...subject(name, 'IP:127.0.0.1'), '-out', `${name}.csr`];
  await openssl(folder, ['req', '-new', ...asked]);
  await openssl(folder, [
    ...['ca', '-batch', '-notext', '-config', 'ca.cnf', '-selfsign', '-keyfile', `${name}.key`],
    ...['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'],
    ...['-in', `${name}.csr`, '-out', `${name}.pem`],
  ]);
  return pathsOf(folder, name);
}

function newKey(name: string): string[] {
  return ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`];
}

function subject(name: string, subjectAltName: string): string[] {
  return ['-subj', `/CN=safepoint test ${name}`, '-addext', `subjectAltName=${subjectAltName}`];
}

function pathsOf(folder: string, name: string): Certificate {
  return { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
}

async function openssl(folder: string, args: string[]): Promise<void> {
  try {
    await execa('openssl', args, { cwd: folder });
  } catch (cause) {
    throw new Error('openssl (3.0 or later, on PATH) could not make the certificates of this test', {
      cause,
    });
  }
}
