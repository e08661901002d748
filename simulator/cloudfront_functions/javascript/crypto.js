// require('crypto'): createHash and createHmac over md5, sha1, sha256; Python computes them, as C does at CloudFront.
(function (environment) {
  'use strict';
  const ALGORITHMS = ['md5', 'sha1', 'sha256'];
  const ENCODINGS = ['hex', 'base64', 'base64url'];
  const { Buffer, hexText, native, stringify } = environment;
  const wellFormed = String.prototype.toWellFormed;

  // "s" + text or "x" + hexadecimal. Long ones go to Python as JSON, and so do those with NUL: the binding cuts texts at
  // NUL, and knows no ropes, which is how QuickJS keeps texts of more than 512 characters that were put together.
  const SHORT = 400;
  const isPlain = (text) => text.length < SHORT && !text.includes('\0');
  function part(value) {
    if (typeof value === 'string') {
      return 's' + wellFormed.call(value);
    }
    if (ArrayBuffer.isView(value)) return 'x' + hexText(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof ArrayBuffer) return 'x' + hexText(new Uint8Array(value));
    throw new TypeError('data is not a string or Buffer-like object');
  }

  function checked(algorithm) {
    if (typeof algorithm !== 'string') throw new TypeError('algorithm must be a string');
    if (!ALGORITHMS.includes(algorithm)) throw new TypeError('not supported algorithm: "' + algorithm + '"');
    return algorithm;
  }

  class Digest {
    constructor(algorithm, key) {
      this._algorithm = algorithm;
      this._key = key;
      this._parts = [];
    }
    update(data) {
      if (this._parts === null) throw new Error('Digest already called');
      this._parts.push(part(data));
      return this;
    }
    digest(encoding) {
      if (this._parts === null) throw new Error('Digest already called');
      if (encoding !== undefined && !ENCODINGS.includes(encoding)) throw new TypeError('Unknown digest encoding: "' + encoding + '"');
      const parts = this._parts;
      this._parts = null;
      const isOne = parts.length === 1 && isPlain(parts[0]) && isPlain(this._key);
      const text = isOne
        ? native.digestOne(this._algorithm, encoding || 'hex', this._key, parts[0])
        : native.digest(this._algorithm, encoding || 'hex', stringify([this._key, parts]));
      return encoding === undefined ? Buffer.from(text, 'hex') : text;
    }
  }
  Object.freeze(Digest.prototype);
  return {
    createHash: function createHash(algorithm) { return new Digest(checked(algorithm), ''); },
    createHmac: function createHmac(algorithm, key) { return new Digest(checked(algorithm), part(key)); },
  };
})
