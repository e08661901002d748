// require('crypto'): createHash and createHmac over md5, sha1, sha256; Python computes them, as C does at CloudFront.
(function (environment) {
  'use strict';
  const ENCODINGS = ['hex', 'base64', 'base64url'];
  const { Buffer, hexText, native, stringify } = environment;
  const METHODS = Object.assign(Object.create(null), {
    md5: Object.freeze({ algorithm: 'md5', hexOfText: native.md5 }),
    sha1: Object.freeze({ algorithm: 'sha1', hexOfText: native.sha1 }),
    sha256: Object.freeze({ algorithm: 'sha256', hexOfText: native.sha256 }),
  });
  const wellFormed = String.prototype.toWellFormed;
  const indexOf = String.prototype.indexOf;
  const slice = String.prototype.slice;

  // The binding cuts texts at NUL, and knows no ropes, which is how QuickJS keeps texts of more than 512 characters that
  // were put together.
  const SHORT = 400;
  const isPlain = (text) => text.length < SHORT && indexOf.call(text, '\0') < 0;

  function methodOf(algorithm) {
    if (typeof algorithm !== 'string') throw new TypeError('algorithm must be a string');
    const method = METHODS[algorithm];
    if (method === undefined) throw new TypeError('not supported algorithm: "' + algorithm + '"');
    return method;
  }

  // "s" + text or "x" + hexadecimal.
  function part(value) {
    if (typeof value === 'string') return 's' + wellFormed.call(value);
    if (ArrayBuffer.isView(value)) return 'x' + hexText(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    if (value instanceof ArrayBuffer) return 'x' + hexText(new Uint8Array(value));
    throw new TypeError('data is not a string or Buffer-like object');
  }

  function digestOf(algorithm, key, parts, encoding) {
    if (encoding !== undefined && !ENCODINGS.includes(encoding)) throw new TypeError('Unknown digest encoding: "' + encoding + '"');
    const isOne = parts.length === 1 && isPlain(parts[0]) && isPlain(key);
    const text = isOne
      ? native.digestOne(algorithm, encoding || 'hex', key, parts[0])
      : native.digest(algorithm, encoding || 'hex', stringify([key, parts]));
    return encoding === undefined ? Buffer.from(text, 'hex') : text;
  }

  // The hexadecimal hash of a short text has the shortest way, for it should cost what it costs in C. A text with one NUL
  // goes in two pieces. "" where it is another case.
  function hexOfText(method, given) {
    if (given.length >= SHORT) return '';
    const text = wellFormed.call(given);
    const nul = indexOf.call(text, '\0');
    if (nul < 0) return method.hexOfText(text);
    return indexOf.call(text, '\0', nul + 1) < 0 ? native.hexOfTwo(method.algorithm, slice.call(text, 0, nul), slice.call(text, nul + 1)) : '';
  }

  // `_given` is null at first, then a text where it is one, and otherwise a list of parts.
  const DONE = {};
  class Digest {
    constructor(method, key) {
      this._method = method;
      this._key = key;
      this._given = null;
    }
    update(data) {
      const given = this._given;
      if (given === DONE) throw new Error('Digest already called');
      if (given === null && typeof data === 'string') this._given = data;
      else (this._given = partsOf(given)).push(part(data));
      return this;
    }
    digest(encoding) {
      const given = this._given;
      if (given === DONE) throw new Error('Digest already called');
      const isText = encoding === 'hex' && typeof given === 'string' && this._key === '';
      const found = (isText && hexOfText(this._method, given)) || digestOf(this._method.algorithm, this._key, partsOf(given), encoding);
      this._given = DONE;
      return found;
    }
  }
  function partsOf(given) {
    if (given === null) return [];
    return typeof given === 'string' ? [part(given)] : given;
  }
  Object.freeze(Digest.prototype);
  return {
    createHash: function createHash(algorithm) { return new Digest(methodOf(algorithm), ''); },
    createHmac: function createHmac(algorithm, key) { return new Digest(methodOf(algorithm), part(key)); },
  };
})
