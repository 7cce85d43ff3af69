// A WebAssembly client under the hands of a native test: inputs on standard input, steps on standard
// output. node node_client.mjs MODULE_FOLDER VAULT_FILE
//
// in:  size u32 | op u8 | wall i64 | awake i64 | fields: size u32, bytes
// out: size u32 | failed u8 | the step, or the word of the error
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, readSync, writeSync, constants } from 'node:fs';
import { randomFillSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const [folder, vaultFile] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
const { default: createModule } = await load('livlina_core.mjs');
const { openModule } = await load('client.mjs');

const file = openSync(vaultFile, constants.O_RDWR | constants.O_CREAT, 0o600);
const host = {
  random: (bytes) => randomFillSync(bytes),
  storage: {
    size: () => fstatSync(file).size,
    read: (offset, bytes) => readSync(file, bytes, 0, bytes.length, offset),
    write: (offset, bytes) => writeSync(file, bytes, 0, bytes.length, offset),
    sync: () => fsyncSync(file),
  },
};
const client = await openModule(createModule, host, {
  wasmBinary: readFileSync(`${folder}/livlina_core.wasm`),
});

const nothing = new Uint8Array();
const inputs = {
  1: (now, [pin, duress, secret]) => (client.create(pin, duress, secret), nothing),
  2: (now, [pin, secret]) => client.open(pin, secret, now),
  3: (now, [command]) => client.command(command, now),
  4: (now) => client.connected(now),
  5: (now) => client.disconnected(now),
  6: (now, [frame]) => client.received(frame, now),
  7: (now) => client.tick(now),
  8: () => new TextEncoder().encode(client.host()),
};

// Exactly so many bytes; nothing at the end of the input.
function take(size) {
  const out = Buffer.alloc(size);
  for (let had = 0; had < size; ) {
    const n = readSync(0, out, had, size - had, null);
    if (n === 0) return null;
    had += n;
  }
  return out;
}

function give(bytes) {
  for (let had = 0; had < bytes.length; ) had += writeSync(1, bytes, had);
}

for (;;) {
  const size = take(4);
  if (size === null) break;
  const message = take(size.readUInt32LE());
  const now = { wall: Number(message.readBigInt64LE(1)), awake: Number(message.readBigInt64LE(9)) };
  const fields = [];
  for (let at = 17; at < message.length; ) {
    const length = message.readUInt32LE(at);
    fields.push(message.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  let failed = 0;
  let answer;
  try {
    answer = inputs[message[0]](now, fields);
  } catch (e) {
    failed = 1;
    answer = new TextEncoder().encode(e.word ?? String(e));
  }
  const head = Buffer.alloc(5);
  head.writeUInt32LE(1 + answer.length);
  head[4] = failed;
  give(Buffer.concat([head, answer]));
}
client.close();
closeSync(file);
