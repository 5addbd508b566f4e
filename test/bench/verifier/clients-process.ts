import { runClients, type ClientsOptions } from './clients.ts';

/** Clients in a process of their own, so that they take no turn of whoever measures. */
const options = JSON.parse(process.argv[2] ?? '{}') as ClientsOptions;
const before = process.cpuUsage();
const seen = await runClients(options);
const { user, system } = process.cpuUsage(before);
const clientCores = (user + system) / 1e6 / seen.seconds;
process.stdout.write(`${JSON.stringify({ ...seen, clientCores })}\n`);
