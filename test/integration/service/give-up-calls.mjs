import { connect, constants } from 'node:http2';

/**
 * Opens calls of a gRPC method on one connection and gives each up at once; a second later again, until it is ended. Prints a
 * line whenever `count` calls are given up. Arguments: address, path, message in base64, count.
 */
const [address, path, message = '', count] = process.argv.slice(2);
const body = Buffer.from(message, 'base64');
const frame = Buffer.concat([Buffer.alloc(5), body]);
frame.writeUInt32BE(body.length, 1);
const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };

let session;
function freshSession() {
  session = connect(`http://${address}`).on('error', () => undefined);
  session.on('close', freshSession);
}

function giveUp(calls) {
  return Promise.all(
    Array.from({ length: calls }, () => {
      const call = session.request(headers).on('error', () => undefined);
      call.end(frame);
      setImmediate(() => {
        call.close(constants.NGHTTP2_CANCEL);
      });
      return new Promise((resolve) => {
        call.on('close', resolve);
      });
    }),
  );
}

freshSession();
for (;;) {
  await giveUp(Number(count)).catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  process.stdout.write('given up\n');
  await new Promise((resolve) => setTimeout(resolve, 1000));
}
