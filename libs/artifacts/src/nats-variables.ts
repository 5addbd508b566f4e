/** What is read of NATS' credentials and certificates from the environment, as NATS' own tools name it: paths of files. */
export const NATS_FILES = ['NATS_CREDS', 'NATS_NKEY', 'NATS_CA', 'NATS_CERT', 'NATS_KEY'] as const;

/** Likewise, as values. */
const NATS_VALUES = ['NATS_USER', 'NATS_PASSWORD', 'NATS_TOKEN'] as const;

export const NATS_VARIABLES = [...NATS_FILES, ...NATS_VALUES] as const;
