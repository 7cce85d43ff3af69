// The module's own border: words for what goes wrong, and a host whose storage or randomness fails.
// node module_test.mjs MODULE_FOLDER
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { generateKeyPairSync, randomFillSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const folder = process.argv[2];
const load = (name) => import(pathToFileURL(`${folder}/${name}`).href);
const { default: createModule } = await load('livlina_core.mjs');
const { openModule } = await load('client.mjs');
const wasmBinary = readFileSync(`${folder}/livlina_core.wasm`);

const bytes = (text) => new TextEncoder().encode(text);
const pin = bytes('471147');
const duress = bytes('471198');
const secret = randomFillSync(new Uint8Array(32));
const now = { wall: 1_750_000_000_000, awake: 0 };

// A vault's file in memory, which fails on demand.
class Memory {
  image = Buffer.alloc(0);
  fails = false;
  check() {
    if (this.fails) throw new Error('the disk is full');
  }
  size() {
    return this.image.length;
  }
  read(offset, out) {
    return this.image.copy(out, 0, offset, offset + out.length);
  }
  write(offset, data) {
    this.check();
    const end = offset + data.length;
    if (end > this.image.length) this.image = Buffer.concat([this.image, Buffer.alloc(end - this.image.length)]);
    this.image.set(data, offset);
    return data.length;
  }
  sync() {
    this.check();
  }
}

const random = (out) => randomFillSync(out);
const start = (storage, fill = random) =>
  openModule(createModule, { storage, random: fill }, { wasmBinary, printErr: () => {} });
const fails = (word, call) => assert.throws(call, (e) => e.word === word, word);

// A v1.Command with the QR code of an invitation: field 1 of Enrol, which is field 10.
function enrol(id) {
  const host = Buffer.from('127.0.0.1:1');
  const { publicKey } = generateKeyPairSync('ed25519');
  const key = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
  const code = Buffer.concat([Buffer.from([1, 2, host.length]), host, key, Buffer.alloc(32), Buffer.alloc(16, 7)]);
  const name = Buffer.from('Sami');
  const inner = Buffer.concat([Buffer.from([0x12, code.length]), code, Buffer.from([0x22, name.length]), name]);
  return Buffer.concat([Buffer.from([0x08, id, 0x52, inner.length]), inner]);
}

test('calls in the wrong order and bytes that are no command have words', async () => {
  const client = await start(new Memory());
  fails('wrong_state', () => client.tick(now));
  fails('bad_format', () => client.open(pin, secret, now));
  fails('bad_format', () => client.create(bytes('1234'), new Uint8Array(), secret));
  fails('bad_length', () => client.create(pin, duress, secret.subarray(1)));
  client.create(pin, duress, secret);
  fails('wrong_pin', () => client.open(bytes('471146'), secret, now));
  client.open(pin, secret, now);
  fails('wrong_state', () => client.open(pin, secret, now));
  fails('bad_command', () => client.command(bytes('\xff'), now));
  assert.equal(client.host(), '');
});

test('M1 what could not be stored is not told, and the client is closed', async () => {
  const storage = new Memory();
  const client = await start(storage);
  client.create(pin, duress, secret);
  client.open(pin, secret, now);
  const empty = Buffer.from(storage.image);
  storage.fails = true;
  fails('storage', () => client.command(enrol(1), now));
  fails('wrong_state', () => client.tick(now));
  storage.fails = false;
  client.open(pin, secret, now);
  assert.equal(client.host(), '', 'nothing of the enrolment was kept');
  client.command(enrol(2), now);
  assert.equal(client.host(), '127.0.0.1:1');
  assert.notDeepEqual(storage.image, empty);
  client.close();
  const later = await start(storage);
  later.open(pin, secret, now);
  assert.equal(later.host(), '127.0.0.1:1', 'another instance finds it in the vault');
});

test('without random bytes the module ends', async () => {
  let broken = false;
  const client = await start(new Memory(), (out) => {
    if (broken) throw new Error('no entropy');
    return random(out);
  });
  broken = true;
  assert.throws(() => client.create(pin, duress, secret), WebAssembly.RuntimeError);
});

test('what goes in is wiped from the memory of the module', async () => {
  const kept = {};
  const client = await openModule(
    async (options) => (kept.module = await createModule(options)),
    { storage: new Memory(), random },
    { wasmBinary },
  );
  client.create(bytes('a passphrase of some length'), new Uint8Array(), secret);
  const memory = Buffer.from(kept.module.HEAPU8);
  assert.equal(memory.includes('a passphrase of some length'), false);
  assert.equal(memory.includes(secret), false);
});
