import fc from 'fast-check';

/** Property tests draw the same cases at every run; `PROPERTY_SEED` gives other ones. */
fc.configureGlobal({ seed: Number(process.env['PROPERTY_SEED'] ?? 1) });
